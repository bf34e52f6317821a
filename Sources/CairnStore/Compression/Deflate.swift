import CZlib
import CairnPlatform

/// Raw deflate through zlib, one reused stream a caller.
///
/// A stream costs 268 KB and microseconds to make, so streams are kept in a pool and reset. Apple's
/// zlib gives other bytes than Linux's for the same input: tests compare round trips only.
///
/// Memory safety: the `z_stream` lives at a stable heap address inside a noncopyable owner; input
/// and output buffers are valid for the length of the one call that uses them.
enum Deflate {
    /// Shorter values rarely gain: plain deflate of 111 bytes saves a tenth and costs 5 µs.
    static let valueByteCountMin = 128

    /// The compressed form of `bytes`, or `nil` unless it saves an eighth.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= valueByteCountMin else { return nil }
        let stream = compressors.withLock { $0.popLast() } ?? DeflateStream(compressing: true)
        guard let stream else { return nil }
        defer { compressors.withLock { $0.append(stream) } }
        return stream.run(bytes, capacity: bytes.count - bytes.count / 8)
    }

    /// The `byteCount` bytes that `compressed` stands for, or `nil` when it stands for anything
    /// else. Never produces more than `byteCount` bytes.
    static func expand(_ compressed: [UInt8], to byteCount: Int) -> [UInt8]? {
        let stream = expanders.withLock { $0.popLast() } ?? DeflateStream(compressing: false)
        guard let stream else { return nil }
        defer { expanders.withLock { $0.append(stream) } }
        guard let bytes = stream.run(compressed, capacity: byteCount), bytes.count == byteCount
        else { return nil }
        return bytes
    }

    private static let compressors = Locked<[DeflateStream]>([])
    private static let expanders = Locked<[DeflateStream]>([])
}

/// One zlib stream; used by one caller at a time.
@safe
private final class DeflateStream: @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>
    private let isCompressing: Bool

    init?(compressing: Bool) {
        isCompressing = compressing
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        var result = Z_OK
        if compressing {
            result = unsafe deflateInit2_(
                stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        } else {
            result = unsafe inflateInit2_(stream, -15, ZLIB_VERSION, size)
        }
        guard result == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        _ = unsafe isCompressing ? deflateEnd(stream) : inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// All of `input` through the stream, or `nil` when the result does not fit `capacity` bytes
    /// or the input is not one whole stream.
    func run(_ input: [UInt8], capacity: Int) -> [UInt8]? {
        _ = unsafe isCompressing ? deflateReset(stream) : inflateReset(stream)
        // One byte of room even for nothing, so that zlib never sees an empty buffer.
        var output = [UInt8](repeating: 0, count: max(capacity, 1))
        let ended = unsafe input.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                // zlib does not write through `next_in`; its declaration predates const.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(source.count)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(target.count)
                let result =
                    unsafe isCompressing
                    ? deflate(stream, Z_FINISH) : inflate(stream, Z_FINISH)
                return unsafe result == Z_STREAM_END && stream.pointee.avail_in == 0
            }
        }
        guard ended else { return nil }
        let count = unsafe output.count - Int(stream.pointee.avail_out)
        guard count <= capacity else { return nil }
        output.removeLast(output.count - count)
        return output
    }
}
