import CairnStore

/// One batch of a life, and what its writer does with it. The writer and its parent work the same
/// steps out of the same seed, so that the pipe need only carry their numbers.
struct WorkloadStep: Sendable {
    enum Change: Sendable {
        case put(
            keyspace: String, key: [UInt8], value: [UInt8], metadata: [UInt8], expiry: Int64?)
        case delete(keyspace: String, key: [UInt8])
        case drop(keyspace: String)
    }

    /// The year 2100, in milliseconds.
    static let futureExpiry: Int64 = 4_102_444_800_000
    /// Long ago: such an entry is never seen.
    static let pastExpiry: Int64 = 1

    var changes: [Change] = []
    var durability = Durability.durable
    /// Whether the writer waits for the acknowledgement before it goes on.
    var waits = true

    /// The step as the store's own batch.
    func batch(for store: Store) throws -> WriteBatch {
        var batch = WriteBatch()
        for change in changes {
            switch change {
            case .put(let name, let key, let value, let metadata, let expiry):
                batch.put(
                    key, value, metadata: metadata, expiry: expiry, in: try store.keyspace(name))
            case .delete(let name, let key): batch.delete(key, in: try store.keyspace(name))
            case .drop(let name): batch.drop(try store.keyspace(name))
            }
        }
        return batch
    }
}
