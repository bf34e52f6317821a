import CairnStore

/// All that a store holds, and a number that stands for it: the oracle of the kills.
///
/// The digest is a sum over the entries, so that a change costs as much as it changes. It covers
/// keyspaces, keys, values, metadata, expiry and each entry's sequence.
struct StoreModel: Sendable {
    /// What is stored under a key.
    struct Item: Hashable, Sendable {
        var value: [UInt8]
        var metadata: [UInt8]
        var expiry: Int64?
        var sequence: UInt64
    }

    private(set) var spaces: [String: [[UInt8]: Item]] = [:]
    private(set) var digest: UInt64 = 0
    /// The sequence of the newest commit.
    private(set) var sequence: UInt64 = 0

    /// An empty store.
    init() {}

    /// Everything that can be read from `store`.
    init(reading store: Store) throws {
        for name in store.keyspaces() {
            create(name)
            for entry in try store.keyspace(name).list() {
                set(
                    name, entry.key,
                    Item(
                        value: entry.value, metadata: entry.metadata, expiry: entry.expiry,
                        sequence: entry.sequence.rawValue))
            }
        }
        sequence = store.lastSequence.rawValue
    }

    /// Applies one batch, as the store must.
    mutating func apply(_ changes: [WorkloadStep.Change]) {
        // A batch that finds nothing to record takes no place in the order.
        let next = sequence + 1
        for change in changes {
            switch change {
            case .put(let name, let key, let value, let metadata, let expiry):
                create(name)
                sequence = next
                let item = Item(
                    value: value, metadata: metadata, expiry: expiry, sequence: next)
                // What has expired long ago is never seen.
                set(name, key, expiry == WorkloadStep.pastExpiry ? nil : item)
            case .delete(let name, let key):
                guard spaces[name] != nil else { continue }
                sequence = next
                set(name, key, nil)
            case .drop(let name):
                guard let items = spaces[name] else { continue }
                sequence = next
                for key in items.keys { set(name, key, nil) }
                spaces[name] = nil
                digest &-= Self.digest(ofKeyspace: name)
            }
        }
    }

    /// The first thing in which `self` differs from `other`, for people.
    func difference(from other: StoreModel) -> String? {
        if sequence != other.sequence { return "commit \(sequence) instead of \(other.sequence)" }
        for name in Set(spaces.keys).union(other.spaces.keys).sorted() {
            guard let mine = spaces[name] else { return "no keyspace \(name)" }
            guard let theirs = other.spaces[name] else { return "a keyspace \(name)" }
            let keys = Set(mine.keys).union(theirs.keys)
            if let key = keys.first(where: { mine[$0] != theirs[$0] }) {
                return "\(name)/\(String(decoding: key, as: UTF8.self)): "
                    + "\(Self.describe(mine[key])) instead of \(Self.describe(theirs[key]))"
            }
        }
        return nil
    }

    private static func describe(_ item: Item?) -> String {
        item.map { "\($0.value.count) bytes of commit \($0.sequence)" } ?? "nothing"
    }

    private mutating func create(_ name: String) {
        guard spaces[name] == nil else { return }
        spaces[name] = [:]
        digest &+= Self.digest(ofKeyspace: name)
    }

    private mutating func set(_ name: String, _ key: [UInt8], _ item: Item?) {
        if let old = spaces[name]?[key] { digest &-= Self.digest(name, key, old) }
        spaces[name]?[key] = item
        if let item { digest &+= Self.digest(name, key, item) }
    }

    private static func digest(ofKeyspace name: String) -> UInt64 {
        var sum = ContentDigest()
        sum.add(Array(name.utf8))
        return sum.value
    }

    private static func digest(_ name: String, _ key: [UInt8], _ item: Item) -> UInt64 {
        var sum = ContentDigest()
        sum.add(Array(name.utf8))
        sum.add(key)
        sum.add(item.metadata)
        sum.add(UInt64(bitPattern: item.expiry ?? -1))
        sum.add(item.sequence)
        sum.add(item.value)
        return sum.value
    }
}
