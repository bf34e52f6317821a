import CairnPlatform
import CairnStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension KVNamespace {
    /// Sets `key` to text, and returns once that is durable. Value, expiry and metadata are replaced
    /// together.
    /// - Parameters:
    ///   - expiration: seconds since the epoch from which the entry is gone; at least 60 s ahead.
    ///   - expirationTTL: seconds from now; at least 60. Wins over `expiration`.
    ///   - metadata: anything that encodes to at most 1024 bytes of JSON.
    /// - Throws: `KVError` for a key, value, expiry or metadata out of bounds, `StoreError` when the
    ///   store fails.
    public func put(
        _ key: String, _ value: String, expiration: Int? = nil, expirationTTL: Int? = nil,
        metadata: (any Encodable & Sendable)? = nil
    ) async throws {
        try await put(
            key, Array(value.utf8), expiration: expiration, expirationTTL: expirationTTL,
            metadata: metadata)
    }

    /// Sets `key` to the JSON of `value`, and returns once that is durable.
    /// - Throws: as the text form; `EncodingError` when the value has no JSON.
    public func put(
        _ key: String, json value: some Encodable, expiration: Int? = nil,
        expirationTTL: Int? = nil, metadata: (any Encodable & Sendable)? = nil
    ) async throws {
        try await put(
            key, try Self.json(value), expiration: expiration, expirationTTL: expirationTTL,
            metadata: metadata)
    }

    /// Sets `key` to bytes, and returns once that is durable.
    /// - Throws: as the text form.
    public func put(
        _ key: String, _ value: [UInt8], expiration: Int? = nil, expirationTTL: Int? = nil,
        metadata: (any Encodable & Sendable)? = nil
    ) async throws {
        try await put(
            key, value, expiration: expiration, expirationTTL: expirationTTL,
            metadataJSON: try metadata.map { try Self.json($0) } ?? [])
    }

    /// Sets `key` to bytes, with metadata that is JSON already.
    /// - Throws: as the text form.
    public func put(
        _ key: String, _ value: [UInt8], expiration: Int? = nil, expirationTTL: Int? = nil,
        metadataJSON: [UInt8]
    ) async throws {
        let bytes = try check(key, .put)
        let expiry = try expiry(expiration, expirationTTL)
        guard value.count <= limits.valueByteCountMax else {
            throw KVError.refused(
                .put, 413,
                "Value length of \(value.count) exceeds limit of \(limits.valueByteCountMax).")
        }
        guard metadataJSON.count <= limits.metadataByteCountMax else {
            throw KVError.refused(
                .put, 413,
                "Metadata length of \(metadataJSON.count) exceeds limit of "
                    + "\(limits.metadataByteCountMax).")
        }
        var batch = WriteBatch()
        batch.put(bytes, value, metadata: metadataJSON, expiry: expiry, in: keyspace)
        try await gate.commit(batch, to: store).durable()
    }

    /// Removes `key`, and returns once that is durable. Not an error when it is not there.
    /// - Throws: `KVError` for a key out of bounds, `StoreError` when the store fails.
    public func delete(_ key: String) async throws {
        let bytes = try check(key, .delete)
        var batch = WriteBatch()
        batch.delete(bytes, in: keyspace)
        try await gate.commit(batch, to: store).durable()
    }

    private func expiry(_ expiration: Int?, _ timeToLive: Int?) throws(KVError) -> Int64? {
        let now = Int(clock.millisecondsSinceEpoch / 1000)
        if let timeToLive {
            guard timeToLive > 0 else {
                throw .refused(
                    .put, 400,
                    "Invalid expiration_ttl of \(timeToLive). Please specify integer greater "
                        + "than 0.")
            }
            guard timeToLive >= limits.timeToLiveSecondsMin else {
                throw .refused(
                    .put, 400,
                    "Invalid expiration_ttl of \(timeToLive). Expiration TTL must be at least "
                        + "\(limits.timeToLiveSecondsMin).")
            }
            return milliseconds(now.addingReportingOverflow(timeToLive).partialValue)
        }
        guard let expiration else { return nil }
        guard expiration > now else {
            throw .refused(
                .put, 400,
                "Invalid expiration of \(expiration). Please specify integer greater than the "
                    + "current number of seconds since the UNIX epoch.")
        }
        guard expiration - now >= limits.timeToLiveSecondsMin else {
            throw .refused(
                .put, 400,
                "Invalid expiration of \(expiration). Expiration times must be at least "
                    + "\(limits.timeToLiveSecondsMin) seconds in the future.")
        }
        return milliseconds(expiration)
    }

    /// Seconds as milliseconds; what lies beyond the end of time never comes.
    private func milliseconds(_ seconds: Int) -> Int64? {
        let (result, overflows) = Int64(seconds).multipliedReportingOverflow(by: 1000)
        return overflows || seconds < 0 ? nil : result
    }

    private static func json(_ value: any Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
