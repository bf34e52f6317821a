#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A value as it is stored, and its metadata.
public struct KVValue: Sendable, Hashable {
    /// The value's bytes.
    public let bytes: [UInt8]
    /// The metadata as JSON text, or `nil` when there is none.
    public let metadataJSON: String?
    /// Seconds since the epoch from which the entry is gone; `nil` when it stays.
    public let expiration: Int?

    /// The value as text; bytes that are not UTF-8 become replacement characters.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The value decoded from JSON.
    /// - Throws: `DecodingError` when it is not JSON of that shape.
    public func json<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The metadata decoded from JSON, or `nil` when there is none.
    /// - Throws: `DecodingError` when it has another shape.
    public func metadata<Value: Decodable>(as type: Value.Type) throws -> Value? {
        guard let metadataJSON else { return nil }
        return try JSONDecoder().decode(type, from: Data(metadataJSON.utf8))
    }
}
