/// Changes that become visible and durable together, in any number of keyspaces, or not at all.
///
/// Operations apply in order: a later one of the same key wins. A keyspace comes into being with its
/// first put, also when the same batch dropped it before.
///
///     var batch = WriteBatch()
///     batch.put("ada", bytes, in: users)
///     batch.delete("guest", in: sessions)
///     try await store.commit(batch).durable()
public struct WriteBatch: Sendable {
    enum Operation: Sendable {
        case put(keyspace: String, key: [UInt8], value: [UInt8], metadata: [UInt8], expiry: Int64?)
        case delete(keyspace: String, key: [UInt8])
        case drop(keyspace: String)
    }

    private(set) var operations: [Operation] = []

    /// An empty batch.
    public init() {}

    /// Whether nothing has been added.
    public var isEmpty: Bool { operations.isEmpty }

    /// How many operations have been added.
    public var count: Int { operations.count }

    /// Sets `key` to `value`, replacing value, metadata and expiry.
    /// - Parameters:
    ///   - metadata: up to 64 KiB that listings return without touching the value.
    ///   - expiry: milliseconds since the epoch from which the entry is gone.
    public mutating func put(
        _ key: [UInt8], _ value: [UInt8], metadata: [UInt8] = [], expiry: Int64? = nil,
        in keyspace: Keyspace
    ) {
        operations.append(
            .put(
                keyspace: keyspace.name, key: key, value: value, metadata: metadata,
                expiry: expiry))
    }

    /// Sets the key with the UTF-8 bytes of `key`.
    public mutating func put(
        _ key: String, _ value: [UInt8], metadata: [UInt8] = [], expiry: Int64? = nil,
        in keyspace: Keyspace
    ) {
        put(Array(key.utf8), value, metadata: metadata, expiry: expiry, in: keyspace)
    }

    /// Removes `key`; not an error when it is not there.
    public mutating func delete(_ key: [UInt8], in keyspace: Keyspace) {
        operations.append(.delete(keyspace: keyspace.name, key: key))
    }

    /// Removes the key with the UTF-8 bytes of `key`.
    public mutating func delete(_ key: String, in keyspace: Keyspace) {
        delete(Array(key.utf8), in: keyspace)
    }

    /// Removes everything in `keyspace` with one record. Later operations of this batch may fill it
    /// again.
    public mutating func drop(_ keyspace: Keyspace) {
        operations.append(.drop(keyspace: keyspace.name))
    }
}
