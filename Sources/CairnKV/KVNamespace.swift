public import CairnPlatform
public import CairnStore

/// A Workers KV namespace: named values with metadata and expiry, in one keyspace of a store.
///
/// Differs from Cloudflare's in being strongly consistent: a read sees every write that was
/// acknowledged before it, and never returns what a crash could take back. Otherwise semantics,
/// limits and texts are Cloudflare's (developers.cloudflare.com/kv/api).
///
/// Inside a Durable Object a namespace is bound to the object's output gate: `put`, `delete` and bulk
/// get wait until the object's own writes are safe; single gets and lists do not. None of them
/// closes the input gate: wrap a read-modify-write in `state.blockConcurrencyWhile`.
///
/// A small value; copy it freely. Values are held in memory whole, 25 MiB at most.
public struct KVNamespace: Sendable {
    /// The namespace's id, as in `kv_namespaces[].id` of the configuration.
    public let id: String
    /// The limits it holds to.
    public let limits: KVLimits
    let store: Store
    let keyspace: Keyspace
    let clock: any WallClock
    let gate: OutboundGate

    /// The namespace called `id` in `store`.
    /// - Throws: `StoreError.invalid` unless the id has 1 to 1000 bytes.
    public init(
        id: String, store: Store, clock: any WallClock = SystemWallClock(),
        limits: KVLimits = KVLimits(), gate: OutboundGate = .open
    ) throws(StoreError) {
        guard !id.isEmpty else {
            throw StoreError(.invalid, "a KV namespace's id must not be empty")
        }
        self.id = id
        self.store = store
        self.clock = clock
        self.limits = limits
        self.gate = gate
        keyspace = try store.keyspace("kv/" + id)
    }

    private init(_ other: KVNamespace, gate: OutboundGate) {
        id = other.id
        store = other.store
        clock = other.clock
        limits = other.limits
        keyspace = other.keyspace
        self.gate = gate
    }

    /// The same namespace as an object sees it.
    public func bound(to gate: OutboundGate) -> KVNamespace { KVNamespace(self, gate: gate) }

    /// Refuses keys that Cloudflare refuses, in its words.
    func check(_ key: String, _ call: KVError.Call) throws(KVError) -> [UInt8] {
        if key.isEmpty { throw .typeError("Key name cannot be empty.") }
        if key == "." || key == ".." {
            throw .typeError("\"\(key)\" is not allowed as a key name.")
        }
        return try checkLength(key, call)
    }

    func checkLength(_ text: String, _ call: KVError.Call) throws(KVError) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count <= limits.keyByteCountMax else {
            throw .refused(
                call, 414,
                "UTF-8 encoded length of \(bytes.count) exceeds key length limit of "
                    + "\(limits.keyByteCountMax).")
        }
        return bytes
    }
}
