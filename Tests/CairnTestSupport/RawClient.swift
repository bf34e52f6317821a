import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TCP connection to a server under test: sends any bytes, reads what comes. Blocks; use it inside
/// `onThread`, so that the server keeps its share of the pool.
package final class RawClient: Sendable {
    private let socket: Int32
    private let buffer = Locked<[UInt8]>([])

    /// What went wrong.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    /// Connects to a port of the loopback interface.
    package init(port: Int) throws {
        #if canImport(Glibc)
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var timeout = timeval(tv_sec: 120, tv_usec: 0)
        unsafe setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure("cannot connect: errno \(errno)") }
    }

    deinit { close(socket) }

    /// Sends text as it stands; write `\r\n` yourself.
    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends bytes.
    package func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe systemSend(socket, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { throw Failure("cannot send: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that nothing more will be sent.
    package func finishSending() { shutdown(socket, 1) }

    /// Reads until `count` bytes are there and takes them; fewer at the end of the stream.
    package func read(_ count: Int) throws -> [UInt8] {
        while buffer.withLock({ $0.count < count }), try fill() {}
        return buffer.withLock { buffer in
            let taken = Array(buffer.prefix(count))
            buffer.removeFirst(taken.count)
            return taken
        }
    }

    /// Reads a line without its `\r\n`; `nil` at the end of the stream.
    package func readLine() throws -> String? {
        while true {
            let line = buffer.withLock { buffer -> [UInt8]? in
                guard let end = buffer.firstIndex(of: 10) else { return nil }
                defer { buffer.removeFirst(end + 1) }
                return Array(buffer[..<end])
            }
            if let line {
                return String(decoding: line, as: UTF8.self)
                    .trimmingSuffix { $0 == "\r" || $0 == "\r\n" }
            }
            guard try fill() else { return nil }
        }
    }

    /// Reads everything up to the end of the stream.
    package func readAll() throws -> [UInt8] {
        while try fill() {}
        return buffer.withLock { buffer in
            defer { buffer = [] }
            return buffer
        }
    }

    /// An HTTP response.
    package struct Response: Sendable {
        package var status: Int
        package var headers: [String: String] = [:]
        package var body: [UInt8] = []
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Reads one response, its body by `content-length` or in chunks.
    package func readResponse(withoutBody: Bool = false) throws -> Response {
        guard let line = try readLine() else { throw Failure("no response") }
        let words = line.split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0",
            let status = Int(words[1])
        else { throw Failure("not a status line: \(line)") }
        var response = Response(status: status)
        while let line = try readLine(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            response.headers[parts[0].lowercased()] = value
        }
        if withoutBody || status < 200 || status == 204 || status == 304 { return response }
        if let length = response.headers["content-length"].flatMap({ Int($0) }) {
            response.body = try read(length)
        } else if response.headers["transfer-encoding"] == "chunked" {
            while let size = try readLine().flatMap({ Int($0, radix: 16) }) {
                response.body += try read(size)
                _ = try readLine()
                if size == 0 { break }
            }
        }
        return response
    }

    /// Sends a request and reads the response.
    package func request(
        _ method: String = "GET", _ target: String, headers: [String] = [], body: String = ""
    ) throws -> Response {
        var text = "\(method) \(target) HTTP/1.1\r\nhost: test\r\n"
        for header in headers { text += header + "\r\n" }
        if !body.isEmpty { text += "content-length: \(body.utf8.count)\r\n" }
        try send(text + "\r\n" + body)
        return try readResponse(withoutBody: method == "HEAD")
    }

    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = unsafe chunk.withUnsafeMutableBytes { buffer in
            unsafe recv(socket, buffer.baseAddress, buffer.count, 0)
        }
        if count < 0 && errno == EAGAIN { throw Failure("nothing came for 120 s") }
        guard count > 0 else { return false }
        buffer.withLock { $0 += chunk[..<count] }
        return true
    }
}

private func systemSend(_ socket: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        unsafe Glibc.send(socket, bytes, count, Int32(MSG_NOSIGNAL))
    #else
        unsafe Darwin.send(socket, bytes, count, 0)
    #endif
}

extension String {
    fileprivate func trimmingSuffix(_ isEnd: (Character) -> Bool) -> String {
        var result = self
        while let last = result.last, isEnd(last) { result.removeLast() }
        return result
    }
}

extension RawClient {
    /// A frame as it came.
    package struct Frame: Sendable, Hashable {
        package var opcode: UInt8
        package var isFinal = true
        package var payload: [UInt8] = []
        package var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        package var closeCode: Int? {
            opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
        }
    }

    /// Asks to go on as a WebSocket; the response is to be 101.
    package func upgrade(_ target: String, headers: [String] = []) throws -> Response {
        try request(
            "GET", target,
            headers: [
                "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + headers)
    }

    /// Sends a frame, masked unless told otherwise.
    package func sendFrame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true
    ) throws {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(mask | UInt8(payload.count))
        case ...0xFFFF:
            bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(mask | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - $0 * 8)) }
        }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        if isMasked { bytes += key }
        bytes += isMasked ? payload.enumerated().map { $1 ^ key[$0 % 4] } : payload
        try send(bytes)
    }

    /// Sends a text message.
    package func sendText(_ text: String) throws { try sendFrame(1, Array(text.utf8)) }

    /// Reads a frame; `nil` at the end of the stream.
    package func readFrame() throws -> Frame? {
        let head = try read(2)
        guard head.count == 2 else { return nil }
        var count = Int(head[1] & 0x7F)
        if count >= 126 {
            count = try read(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        return Frame(
            opcode: head[0] & 0x0F, isFinal: head[0] & 0x80 != 0, payload: try read(count))
    }
}

/// Runs a blocking body on a thread of its own.
package func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        _ = DedicatedThread(name: "test-client") {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}
