import CairnStore

/// What a store should hold: the plain model that every instrument compares with.
struct StoreContents: Hashable, Sendable {
    /// What is stored under one key.
    struct Value: Hashable, Sendable {
        var bytes: [UInt8]
        var metadata: [UInt8]
        var expiry: Int64?

        func isLive(at now: Int64) -> Bool { expiry.map { $0 > now } ?? true }
    }

    /// Keyspaces by name; one is there from its first put until it is dropped.
    private(set) var spaces: [String: [[UInt8]: Value]] = [:]

    mutating func put(_ key: [UInt8], _ value: Value, in space: String) {
        spaces[space, default: [:]][key] = value
    }

    mutating func delete(_ key: [UInt8], in space: String) {
        spaces[space]?[key] = nil
    }

    mutating func drop(_ space: String) { spaces[space] = nil }

    /// The value of `key` at `now`.
    func value(of key: [UInt8], in space: String, at now: Int64) -> Value? {
        guard let value = spaces[space]?[key], value.isLive(at: now) else { return nil }
        return value
    }

    /// The entries in `range` at `now`, in its order.
    func list(_ range: KeyRange, in space: String, at now: Int64) -> [(key: [UInt8], value: Value)]
    {
        guard range.limit.map({ $0 > 0 }) ?? true else { return [] }
        let found = (spaces[space] ?? [:])
            .filter { Self.isIn(range, $0.key) && $0.value.isLive(at: now) }
            .sorted { a, b in
                range.reverse
                    ? b.key.lexicographicallyPrecedes(a.key)
                    : a.key.lexicographicallyPrecedes(b.key)
            }
            .map { (key: $0.key, value: $0.value) }
        return range.limit.map { Array(found.prefix($0)) } ?? found
    }

    /// What a range means, said in another way than the store says it.
    private static func isIn(_ range: KeyRange, _ key: [UInt8]) -> Bool {
        if !key.starts(with: range.prefix) { return false }
        if let start = range.start, key.lexicographicallyPrecedes(start) { return false }
        if let after = range.startAfter, !after.lexicographicallyPrecedes(key) { return false }
        if let end = range.end, !key.lexicographicallyPrecedes(end) { return false }
        return true
    }

    /// Everything that is live at `now`.
    func live(at now: Int64) -> StoreContents {
        var result = StoreContents()
        result.spaces = spaces.mapValues { $0.filter { $0.value.isLive(at: now) } }
        return result
    }

    /// Reads all of `store`.
    init(of store: Store) throws(StoreError) {
        for name in store.keyspaces() {
            spaces[name] = [:]
            for entry in try store.keyspace(name).list() {
                spaces[name]?[entry.key] = Value(
                    bytes: entry.value, metadata: entry.metadata, expiry: entry.expiry)
            }
        }
    }

    init() {}

    /// The first difference to `other`, for people.
    func difference(from other: StoreContents) -> String? {
        for name in Set(spaces.keys).union(other.spaces.keys).sorted() {
            guard let mine = spaces[name] else { return "keyspace \(name) should not be there" }
            guard let theirs = other.spaces[name] else { return "keyspace \(name) is missing" }
            for key in Set(mine.keys).union(theirs.keys) where mine[key] != theirs[key] {
                return
                    "\(name)/\(text(key)): found \(text(theirs[key])), expected \(text(mine[key]))"
            }
        }
        return nil
    }
}

/// A key, for people.
func text(_ key: [UInt8]) -> String { String(decoding: key, as: UTF8.self) }

/// A value, for people: its length and its first bytes.
func text(_ value: StoreContents.Value?) -> String {
    guard let value else { return "nothing" }
    let start = value.bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: " ")
    return "\(value.bytes.count) bytes (\(start)…) expiry \(value.expiry ?? -1)"
}
