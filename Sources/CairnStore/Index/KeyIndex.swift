import CairnPlatform

/// Every live key of every keyspace, and how much of each segment is still alive.
///
/// Derived from the log alone: replaying the same changes in the same order gives the same index,
/// which is how recovery builds it and how commits keep it.
///
/// Invariants
/// - A segment's `liveByteCount` is the sum of the footprints of the entries located in it.
/// - A keyspace is in `keyspaces` from its creation to its drop; its number is never used again.
struct KeyIndex: Sendable {
    /// One keyspace.
    struct Space: Sendable {
        let number: UInt64
        var keys = OrderedKeys()
        /// The newest commit that touched it.
        var lastSequence: UInt64
    }

    /// What is known of one segment.
    struct Usage: Sendable {
        let segment: Segment
        var recordByteCount = 0
        var liveByteCount = 0
    }

    /// One step of a commit, as the log has it.
    enum Change: Sendable {
        case create(name: String, number: UInt64)
        case drop(name: String)
        case put(name: String, IndexEntry)
        case delete(name: String, key: [UInt8])
    }

    private(set) var spaces: [String: Space] = [:]
    private(set) var usage: [UInt64: Usage] = [:]
    private(set) var nextKeyspace: UInt64
    private(set) var lastDropSequence: UInt64 = 0

    init(nextKeyspace: UInt64) { self.nextKeyspace = nextKeyspace }

    mutating func add(_ segment: Segment) {
        usage[segment.identity.number] = Usage(segment: segment)
    }

    /// Counts record bytes written to a segment, dead or alive.
    mutating func countRecordBytes(_ count: Int, in segment: UInt64) {
        usage[segment]?.recordByteCount += count
    }

    mutating func apply(_ change: Change, sequence: UInt64) {
        switch change {
        case .create(let name, let number):
            spaces[name] = Space(number: number, lastSequence: sequence)
            if PlantedBug.reuseKeyspaceNumber.isPlanted { break }
            nextKeyspace = max(nextKeyspace, number + 1)
        case .drop(let name):
            guard let space = spaces.removeValue(forKey: name) else { return }
            space.keys.visit(from: [], to: nil, reverse: false) { entry in
                release(entry)
                return true
            }
            lastDropSequence = sequence
        case .put(let name, let entry):
            spaces[name]?.lastSequence = sequence
            let replaced = spaces[name]?.keys.insert(entry)
            retain(entry)
            if let replaced { release(replaced) }
        case .delete(let name, let key):
            spaces[name]?.lastSequence = sequence
            if let removed = spaces[name]?.keys.remove(key) { release(removed) }
        }
    }

    /// A live key and where its record is.
    struct Found: Sendable {
        let entry: IndexEntry
        let segment: Segment
        let keyspace: UInt64
    }

    func find(_ key: [UInt8], in name: String) -> Found? {
        guard let space = spaces[name], let entry = space.keys.find(key) else { return nil }
        return found(entry, in: space)
    }

    /// The keys in `range` that have not expired at `now`, in the order asked for.
    func find(_ range: KeyRange, in name: String, at now: Int64) -> [Found] {
        guard let space = spaces[name], range.limit.map({ $0 > 0 }) ?? true else { return [] }
        let lower = range.lowerBound
        let upper = range.upperBound
        if let upper, !ByteOrder.precedes(lower, upper) { return [] }
        var result: [Found] = []
        space.keys.visit(from: lower, to: upper, reverse: range.reverse) { entry in
            guard entry.isLive(at: now), let found = found(entry, in: space) else { return true }
            result.append(found)
            return range.limit.map { result.count < $0 } ?? true
        }
        return result
    }

    private func found(_ entry: IndexEntry, in space: Space) -> Found? {
        guard let segment = usage[entry.location.segment]?.segment else { return nil }
        return Found(entry: entry, segment: segment, keyspace: space.number)
    }

    func segment(_ number: UInt64) -> Segment? { usage[number]?.segment }

    /// The newest commit that could have taken a key out of the keyspace called `name`.
    func lastSequence(touching name: String) -> UInt64 {
        max(spaces[name]?.lastSequence ?? 0, lastDropSequence)
    }

    var keyCount: Int { spaces.values.reduce(0) { $0 + $1.keys.count } }

    private mutating func retain(_ entry: IndexEntry) {
        usage[entry.location.segment]?.liveByteCount += Int(entry.footprint)
    }

    private mutating func release(_ entry: IndexEntry) {
        usage[entry.location.segment]?.liveByteCount -= Int(entry.footprint)
    }
}
