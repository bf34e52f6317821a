#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One page of a listing.
public struct KVList: Sendable, Hashable {
    /// One key, without its value.
    public struct Key: Sendable, Hashable {
        /// The key.
        public let name: String
        /// Seconds since the epoch from which the entry is gone; `nil` when it stays.
        public let expiration: Int?
        /// The metadata as JSON text, or `nil` when there is none.
        public let metadataJSON: String?

        /// The metadata decoded from JSON, or `nil` when there is none.
        /// - Throws: `DecodingError` when it has another shape.
        public func metadata<Value: Decodable>(as type: Value.Type) throws -> Value? {
            guard let metadataJSON else { return nil }
            return try JSONDecoder().decode(type, from: Data(metadataJSON.utf8))
        }
    }

    /// The keys in order of their UTF-8 bytes.
    public let keys: [Key]
    /// Whether there is nothing more. Only this ends a scan: a page may be empty.
    public let isComplete: Bool
    /// Where the next page begins; send it with the same prefix. `nil` on the last page.
    public let cursor: String?
}
