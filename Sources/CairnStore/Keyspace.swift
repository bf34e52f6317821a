/// A named, ordered set of keys: a handle. Making one costs nothing and touches nothing; the
/// keyspace itself comes into being with its first put.
///
/// Every operation exists twice: a synchronous form for callers on threads of their own, and an
/// asynchronous one for tasks, which never blocks a thread of the pool while the disk syncs.
public struct Keyspace: Sendable {
    /// The name: 1 to 1024 bytes of UTF-8.
    public let name: String
    let store: Store
    /// What the name meant when it was last asked for.
    let memory: SpaceMemory

    /// The newest commit that could have changed what this keyspace holds. An answer that says
    /// "nothing is there" rests on it, as one with a value rests on its entry's sequence.
    public var lastSequence: CommitSequence { store.lastSequence(touching: name) }

    /// The value of `key`, or `nil` when there is none or it has expired.
    public func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try store.read(key, in: self)?.value
    }

    /// The value of the key with the UTF-8 bytes of `key`.
    public func get(_ key: String) throws(StoreError) -> [UInt8]? { try get(Array(key.utf8)) }

    /// Everything stored under `key`.
    public func entry(_ key: [UInt8]) throws(StoreError) -> Entry? {
        try store.read(key, in: self)
    }

    /// Everything stored under the key with the UTF-8 bytes of `key`.
    public func entry(_ key: String) throws(StoreError) -> Entry? {
        try entry(Array(key.utf8))
    }

    /// The keys in `range` with their values, in byte order.
    public func list(_ range: KeyRange = KeyRange()) throws(StoreError) -> [Entry] {
        try store.list(range, in: self)
    }

    /// The keys that begin with `prefix` with their values, in byte order.
    public func list(prefix: String, limit: Int? = nil) throws(StoreError) -> [Entry] {
        try list(KeyRange(prefix: Array(prefix.utf8), limit: limit))
    }

    /// Shows the entries in `range` to `body`, in byte order, without handing them over: for those who
    /// count nanoseconds, and for ranges whose values do not fit into memory together. The spans are
    /// good until `body` returns.
    ///
    /// Sees the keys that were there when it began, each with the value it had then or a later one.
    /// - Throws: what `body` throws, which ends the visit; `StoreError` when the store fails.
    public func visit(
        _ range: KeyRange = KeyRange(),
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void
    ) throws {
        try store.visit(range, in: self, body)
    }

    /// The keys in `range` with their metadata and expiry, in byte order; values are not touched.
    public func keys(_ range: KeyRange = KeyRange()) throws(StoreError) -> [KeyEntry] {
        try store.listKeys(range, in: self)
    }

    /// Sets `key`, and returns when that is as safe as asked. Blocks the thread.
    public func put(
        _ key: [UInt8], _ value: [UInt8], metadata: [UInt8] = [], expiry: Int64? = nil,
        durability: Durability = .durable
    ) throws(StoreError) {
        var batch = WriteBatch()
        batch.put(key, value, metadata: metadata, expiry: expiry, in: self)
        try store.commitAndWait(batch, durability)
    }

    /// Sets the key with the UTF-8 bytes of `key`. Blocks the thread.
    public func put(
        _ key: String, _ value: [UInt8], metadata: [UInt8] = [], expiry: Int64? = nil,
        durability: Durability = .durable
    ) throws(StoreError) {
        var batch = WriteBatch()
        batch.put(key, value, metadata: metadata, expiry: expiry, in: self)
        try store.commitAndWait(batch, durability)
    }

    /// Sets `key`, and returns when that is as safe as asked.
    public func put(
        _ key: [UInt8], _ value: [UInt8], metadata: [UInt8] = [], expiry: Int64? = nil,
        durability: Durability = .durable
    ) async throws(StoreError) {
        var batch = WriteBatch()
        batch.put(key, value, metadata: metadata, expiry: expiry, in: self)
        try await store.commit(batch, durability: durability).acknowledged()
    }

    /// Sets the key with the UTF-8 bytes of `key`.
    public func put(
        _ key: String, _ value: [UInt8], metadata: [UInt8] = [], expiry: Int64? = nil,
        durability: Durability = .durable
    ) async throws(StoreError) {
        var batch = WriteBatch()
        batch.put(key, value, metadata: metadata, expiry: expiry, in: self)
        try await store.commit(batch, durability: durability).acknowledged()
    }

    /// Removes `key`, and returns when that is as safe as asked. Blocks the thread.
    public func delete(
        _ key: [UInt8], durability: Durability = .durable
    ) throws(StoreError) {
        var batch = WriteBatch()
        batch.delete(key, in: self)
        try store.commitAndWait(batch, durability)
    }

    /// Removes the key with the UTF-8 bytes of `key`. Blocks the thread.
    public func delete(
        _ key: String, durability: Durability = .durable
    ) throws(StoreError) {
        var batch = WriteBatch()
        batch.delete(key, in: self)
        try store.commitAndWait(batch, durability)
    }

    /// Removes `key`, and returns when that is as safe as asked.
    public func delete(
        _ key: [UInt8], durability: Durability = .durable
    ) async throws(StoreError) {
        var batch = WriteBatch()
        batch.delete(key, in: self)
        try await store.commit(batch, durability: durability).acknowledged()
    }

    /// Removes the key with the UTF-8 bytes of `key`.
    public func delete(
        _ key: String, durability: Durability = .durable
    ) async throws(StoreError) {
        var batch = WriteBatch()
        batch.delete(key, in: self)
        try await store.commit(batch, durability: durability).acknowledged()
    }
}
