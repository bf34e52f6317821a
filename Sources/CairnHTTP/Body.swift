#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The body of a request or response: bytes at hand, or chunks that come as they are asked for.
///
/// A body of chunks can be read once. Reading it whole takes a limit, so that nobody can fill
/// memory by sending for ever.
public struct Body: Sendable {
    /// Chunks that come as they are asked for.
    public typealias Chunks = any AsyncSequence<[UInt8], any Error> & Sendable

    /// How the body is held.
    public enum Content: Sendable {
        /// At hand.
        case bytes([UInt8])
        /// To be asked for. `byteCount` is the length in all, where it is known beforehand.
        case chunks(Chunks, byteCount: Int?)
    }

    /// How the body is held.
    public let content: Content

    /// Bytes at hand; none by default.
    public init(_ bytes: [UInt8] = []) { content = .bytes(bytes) }

    /// The UTF-8 bytes of `text`.
    public init(_ text: String) { content = .bytes(Array(text.utf8)) }

    /// Chunks that come as they are asked for.
    public init(chunks: Chunks, byteCount: Int? = nil) {
        content = .chunks(chunks, byteCount: byteCount)
    }

    /// What reading a body whole may take, unless told otherwise: 100 MiB, as at Cloudflare.
    public static let byteCountMax = 100 << 20

    /// All of the body.
    /// - Throws: `BodyError.tooLarge` beyond `limit` bytes; what the sender of the chunks throws.
    public func bytes(limit: Int = Body.byteCountMax) async throws -> [UInt8] {
        switch content {
        case .bytes(let bytes):
            guard bytes.count <= limit else { throw BodyError.tooLarge(limit: limit) }
            return bytes
        case .chunks(let chunks, _):
            var all: [UInt8] = []
            for try await chunk in chunks {
                guard all.count + chunk.count <= limit else {
                    throw BodyError.tooLarge(limit: limit)
                }
                all += chunk
            }
            return all
        }
    }

    /// All of the body as text; bytes that are not UTF-8 become replacement characters.
    /// - Throws: as `bytes`.
    public func text(limit: Int = Body.byteCountMax) async throws -> String {
        String(decoding: try await bytes(limit: limit), as: UTF8.self)
    }

    /// All of the body decoded from JSON.
    /// - Throws: as `bytes`; `DecodingError` when it is not JSON of that shape.
    public func json<Value: Decodable>(
        as type: Value.Type, limit: Int = Body.byteCountMax
    ) async throws -> Value {
        try JSONDecoder().decode(type, from: Data(try await bytes(limit: limit)))
    }
}

/// Why a body could not be read.
public enum BodyError: Error, Sendable, Hashable {
    /// It is longer than the reader, or the server, takes: HTTP status 413.
    case tooLarge(limit: Int)
    /// The sender went away in the middle.
    case incomplete
    /// Its chunks have been read before.
    case alreadyRead
}
