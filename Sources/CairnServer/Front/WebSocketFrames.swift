import CairnHTTP
import NIOCore
import NIOWebSocket

/// A server's frames as bytes (RFC 6455, 5.2): final, not masked.
enum WebSocketFrames {
    static func frame(_ message: WebSocketMessage, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        switch message {
        case .text(let text): frame(.text, Array(text.utf8), allocator)
        case .binary(let bytes): frame(.binary, bytes, allocator)
        }
    }

    static func frame(_ close: WebSocketClose, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        // 1005 and 1006 say that no code was sent, so none is.
        guard (1000...4999).contains(close.code), close.code != 1005, close.code != 1006 else {
            return frame(.connectionClose, [], allocator)
        }
        let code = [
            UInt8(truncatingIfNeeded: close.code >> 8), UInt8(truncatingIfNeeded: close.code),
        ]
        return frame(.connectionClose, code + Array(close.reason.utf8.prefix(123)), allocator)
    }

    static func frame(
        _ opcode: WebSocketOpcode, _ payload: [UInt8], _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: payload.count + 10)
        buffer.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
        switch payload.count {
        case ...125: buffer.writeInteger(UInt8(payload.count))
        case ...0xFFFF:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(payload.count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(payload.count))
        }
        buffer.writeBytes(payload)
        return buffer
    }
}
