import CairnStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension KVNamespace {
    /// The value of `key` as text, or `nil` when there is none or it has expired.
    /// - Parameter cacheTTL: seconds; checked as Cloudflare does, and without effect here, where
    ///   every read is as fresh as the store.
    /// - Throws: `KVError` for a key or `cacheTTL` out of bounds, `StoreError` when the store fails.
    public func get(_ key: String, cacheTTL: Int? = nil) async throws -> String? {
        try await getWithMetadata(key, cacheTTL: cacheTTL)?.text
    }

    /// The value of `key` decoded from JSON, or `nil` when there is none or it has expired.
    /// - Throws: as `get`; `DecodingError` when the value is not JSON of that shape.
    public func get<Value: Decodable>(
        _ key: String, as type: Value.Type, cacheTTL: Int? = nil
    ) async throws -> Value? {
        try await getWithMetadata(key, cacheTTL: cacheTTL)?.json(as: type)
    }

    /// The value of `key` as bytes, or `nil` when there is none or it has expired.
    /// - Throws: as `get`.
    public func getBytes(_ key: String, cacheTTL: Int? = nil) async throws -> [UInt8]? {
        try await getWithMetadata(key, cacheTTL: cacheTTL)?.bytes
    }

    /// The value of `key` with its metadata, or `nil` when there is none or it has expired.
    /// - Throws: as `get`.
    public func getWithMetadata(_ key: String, cacheTTL: Int? = nil) async throws -> KVValue? {
        let bytes = try check(key, .get)
        try checkCacheTTL(cacheTTL, .get)
        try await gate.admit()
        return try await read(bytes)
    }

    /// The values of up to 100 keys as text. Every key asked for is in the result, with `nil` where
    /// there is no value.
    /// - Throws: `KVError` for no or too many keys, or more than 25 MiB in all.
    public func get(_ keys: [String], cacheTTL: Int? = nil) async throws -> [String: String?] {
        try await getWithMetadata(keys, cacheTTL: cacheTTL).mapValues { $0?.text }
    }

    /// The values of up to 100 keys decoded from JSON.
    /// - Throws: as the text form; `KVError` when any value is not JSON of that shape.
    public func get<Value: Decodable>(
        _ keys: [String], as type: Value.Type, cacheTTL: Int? = nil
    ) async throws -> [String: Value?] {
        try await getWithMetadata(keys, cacheTTL: cacheTTL).mapValues { value in
            guard let value else { return nil }
            guard let decoded = try? value.json(as: type) else {
                throw KVError.refused(
                    .getBulk, 400,
                    "At least one of the requested keys corresponds to a non-json value")
            }
            return decoded
        }
    }

    /// The values of up to 100 keys with their metadata.
    /// - Throws: as the text form.
    public func getWithMetadata(
        _ keys: [String], cacheTTL: Int? = nil
    ) async throws -> [String: KVValue?] {
        guard keys.count <= limits.bulkKeyCountMax else {
            throw KVError.refused(
                .getBulk, 400,
                "You can request a maximum of \(limits.bulkKeyCountMax) keys")
        }
        guard !keys.isEmpty else {
            throw KVError.refused(.getBulk, 400, "You must request a minimum of 1 key")
        }
        try checkCacheTTL(cacheTTL, .getBulk)
        let checked = try keys.map { key in (key, try checkBulkKey(key)) }
        try await gate.pass()
        var result: [String: KVValue?] = [:]
        var byteCount = 0
        for (key, bytes) in checked {
            let value = try await read(bytes)
            byteCount += value?.bytes.count ?? 0
            guard byteCount <= limits.bulkByteCountMax else {
                let mebibytes = Double(limits.bulkByteCountMax) / 1_048_576
                let text = mebibytes == mebibytes.rounded() ? "\(Int(mebibytes))" : "\(mebibytes)"
                throw KVError.refused(
                    .getBulk, 413, "Total size of request exceeds the limit of \(text)MB")
            }
            result.updateValue(value, forKey: key)
        }
        return result
    }

    /// The keys that begin with `prefix`, one page of at most 1000 at a time.
    /// - Parameters:
    ///   - limit: keys on the page; 0 and less mean 1000, as at Cloudflare.
    ///   - cursor: from the page before, with the same prefix.
    /// - Throws: `KVError` for a limit over 1000, a prefix over 512 bytes, a cursor that is not one.
    public func list(
        prefix: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws -> KVList {
        let prefixBytes = try checkLength(prefix ?? "", .get)
        let limit = try pageLimit(limit)
        var after: [UInt8]?
        if let cursor, !cursor.isEmpty {
            guard let parsed = KVCursor(cursor) else {
                throw KVError.refused(
                    .get, 400, "Invalid cursor. Please send the cursor of the page before.")
            }
            after = parsed.lastKey
        }
        try await gate.admit()
        let keys = try keyspace.keys(
            KeyRange(prefix: prefixBytes, startAfter: after, limit: limit + 1))
        try await store.ticket(for: keyspace.lastSequence).durable()
        let page = keys.prefix(limit)
        let isComplete = keys.count <= limit
        return KVList(
            keys: page.map { key in
                KVList.Key(
                    name: String(decoding: key.key, as: UTF8.self),
                    expiration: key.expiry.map { Int($0 / 1000) },
                    metadataJSON: Self.metadata(key.metadata))
            },
            isComplete: isComplete,
            cursor: isComplete ? nil : page.last.map { KVCursor(after: $0.key).text })
    }

    /// What is stored, once a crash can no longer take it back.
    private func read(_ key: [UInt8]) async throws -> KVValue? {
        guard let entry = try keyspace.entry(key) else {
            // "Nothing is there" may rest on a delete that is not yet durable.
            try await store.ticket(for: keyspace.lastSequence).durable()
            return nil
        }
        try await store.ticket(for: entry.sequence).durable()
        return KVValue(
            bytes: entry.value, metadataJSON: Self.metadata(entry.metadata),
            expiration: entry.expiry.map { Int($0 / 1000) })
    }

    private static func metadata(_ bytes: [UInt8]) -> String? {
        bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private func checkCacheTTL(_ cacheTTL: Int?, _ call: KVError.Call) throws(KVError) {
        guard let cacheTTL, cacheTTL < limits.cacheTTLSecondsMin else { return }
        throw .refused(
            call, 400,
            "Invalid cache_ttl of \(cacheTTL). Cache TTL must be at least "
                + "\(limits.cacheTTLSecondsMin).")
    }

    /// A bulk get's keys are only checked by the service: an empty one is its refusal.
    private func checkBulkKey(_ key: String) throws(KVError) -> [UInt8] {
        guard !key.isEmpty, key != ".", key != ".." else {
            throw .refused(.getBulk, 400, "\"\(key)\" is not a valid key name")
        }
        return try checkLength(key, .getBulk)
    }

    private func pageLimit(_ limit: Int?) throws(KVError) -> Int {
        guard let limit, limit > 0 else { return limits.pageKeyCountMax }
        guard limit <= limits.pageKeyCountMax else {
            throw .refused(
                .get, 400,
                "Invalid key_count_limit of \(limit). Please specify an integer less than "
                    + "\(limits.pageKeyCountMax).")
        }
        return limit
    }
}
