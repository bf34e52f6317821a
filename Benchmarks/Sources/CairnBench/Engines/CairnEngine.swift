import CairnStore

/// Cairn's store, through its public face.
struct CairnEngine: Engine {
    static let settings = """
        compression whenBusy (the default), segments of 64 MiB, cache of --cache-bytes where the version \
        has one; un-synced: durability buffered, handed to the operating system; durable: durability \
        durable; callers are threads that block
        """

    private let store: Store
    private let durability: Durability

    init(_ options: EngineOptions) throws {
        store = try Store.open(
            at: options.path, settings: StoreProbe.settings(cacheByteCount: options.cacheByteCount))
        durability = options.isDurable ? .durable : .buffered
    }

    func session() throws -> any EngineSession {
        Session(store: store, keyspace: try store.keyspace("bench"), durability: durability)
    }

    func close() throws { try store.close() }

    private final class Session: EngineSession {
        private let store: Store
        private let keyspace: Keyspace
        private let durability: Durability
        private var value: [UInt8] = []

        init(store: Store, keyspace: Keyspace, durability: Durability) {
            self.store = store
            self.keyspace = keyspace
            self.durability = durability
        }

        func put(_ key: [UInt8], _ value: [UInt8]) throws {
            try keyspace.put(key, value, durability: durability)
        }

        func delete(_ key: [UInt8]) throws {
            try keyspace.delete(key, durability: durability)
        }

        func commit(_ entries: EntryList) throws {
            var batch = WriteBatch()
            for index in entries.keys.indices {
                batch.put(entries.keys[index], entries.values[index], in: keyspace)
            }
            try store.commit(batch, durability: durability).waitUntilAcknowledged()
        }

        func get(_ key: [UInt8]) throws -> Bool {
            guard let found = try keyspace.get(key) else { return false }
            value = found
            return true
        }

        func withValue<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
            let value = value
            return try body(value.span)
        }

        func scan(
            from start: [UInt8], prefixByteCount: Int, limit: Int, into buffer: ScanBuffer
        ) throws {
            buffer.removeAll()
            let range = KeyRange(
                prefix: Array(start.prefix(prefixByteCount)), start: start, limit: limit)
            try keyspace.visit(range) { key, value in try buffer.append(key, value) }
        }
    }
}
