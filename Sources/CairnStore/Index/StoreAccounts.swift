import CairnPlatform

/// Which keyspaces there are, and how much of each segment is still alive.
///
/// Derived from the log alone. Key counts are exact. Bytes that live are sums of size classes: estimates,
/// at most 6.3 % above the truth.
///
/// Invariants
/// - A keyspace is here from its creation to its drop; its number is never used again.
/// - `liveByteCount` of a segment is the sum of the footprints of the index's slots that name it.
struct StoreAccounts: Sendable {
    /// One keyspace.
    struct Space: Hashable, Sendable {
        let name: String
        var keyCount = 0
        var byteCount = 0
        /// The newest commit that touched it.
        var lastSequence: UInt64
    }

    /// What is known of one segment.
    struct Usage: Sendable {
        let segment: Segment
        var recordByteCount = 0
        var liveByteCount = 0
    }

    /// The keyspaces by number.
    private(set) var spaces: [UInt64: Space] = [:]
    private(set) var numbers: [String: UInt64] = [:]
    /// The segments by the index's slots.
    private(set) var usage: [Usage] = []
    private(set) var slots: [UInt64: Int] = [:]
    private(set) var nextKeyspace: UInt64
    private(set) var lastDropSequence: UInt64 = 0
    /// Keyspaces that were dropped and whose keys the index still has slots for.
    private(set) var unswept: [UInt64] = []
    /// Grows whenever a keyspace comes or goes.
    private(set) var version: UInt64 = 1
    /// Commits up to this one are in the counts already: they are being replayed over a checkpoint.
    private(set) var countedSequence: UInt64 = 0

    init(nextKeyspace: UInt64) { self.nextKeyspace = nextKeyspace }

    var keyCount: Int { spaces.values.reduce(0) { $0 + $1.keyCount } }

    /// The newest commit that could have taken a key out of the keyspace called `name`.
    func lastSequence(touching name: String) -> UInt64 {
        let own = numbers[name].flatMap { spaces[$0]?.lastSequence } ?? 0
        return max(own, lastDropSequence)
    }

    /// Gives a segment the next slot.
    mutating func add(_ segment: Segment) -> Int {
        let slot = usage.count
        usage.append(Usage(segment: segment))
        slots[segment.identity.number] = slot
        return slot
    }

    func segment(_ number: UInt64) -> Segment? { slots[number].map { usage[$0].segment } }

    // MARK: What a commit does

    mutating func create(_ name: String, number: UInt64, sequence: UInt64) {
        guard sequence > countedSequence else { return }
        version += 1
        spaces[number] = Space(name: name, lastSequence: sequence)
        numbers[name] = number
        if PlantedBug.reuseKeyspaceNumber.isPlanted { return }
        nextKeyspace = max(nextKeyspace, number + 1)
    }

    mutating func drop(number: UInt64, sequence: UInt64) {
        guard sequence > countedSequence else { return }
        version += 1
        lastDropSequence = max(lastDropSequence, sequence)
        guard let space = spaces.removeValue(forKey: number) else { return }
        if numbers[space.name] == number { numbers[space.name] = nil }
        if space.keyCount > 0 { unswept.append(number) }
    }

    mutating func countRecord(_ byteCount: Int, slot: Int, sequence: UInt64) {
        guard sequence > countedSequence else { return }
        usage[slot].recordByteCount += byteCount
    }

    /// A key of keyspace `number` is at `new` now, or nowhere; it was at `old`, or nowhere.
    mutating func move(
        in number: UInt64, from old: IndexPlace?, to new: IndexPlace?, sequence: UInt64
    ) {
        guard sequence > countedSequence else { return }
        let keys = (new == nil ? 0 : 1) - (old == nil ? 0 : 1)
        if let index = spaces.index(forKey: number) {
            spaces.values[index].lastSequence = sequence
            spaces.values[index].keyCount += keys
            spaces.values[index].byteCount += (new?.footprint ?? 0) - (old?.footprint ?? 0)
        }
        if let new { usage[Int(new.segmentSlot)].liveByteCount += new.footprint }
        release(old)
    }

    /// The slot of a key of a dropped keyspace has been taken out.
    mutating func release(_ old: IndexPlace?) {
        guard let old, Int(old.segmentSlot) < usage.count else { return }
        usage[Int(old.segmentSlot)].liveByteCount -= old.footprint
    }

    /// All slots of a dropped keyspace have been taken out.
    mutating func finishSweep(of number: UInt64) { unswept.removeAll { $0 == number } }

    // MARK: Opening

    /// All that a checkpoint had counted has been replayed.
    mutating func endReplay() { countedSequence = 0 }

    /// Takes the state of a checkpoint over; commits up to `sequence` are in it.
    mutating func restore(
        spaces: [UInt64: Space], usage: [(slot: Int, recordByteCount: Int, liveByteCount: Int)],
        unswept: [UInt64], nextKeyspace: UInt64, lastDropSequence: UInt64, countedSequence: UInt64
    ) {
        self.spaces = spaces
        numbers = [:]
        for (number, space) in spaces { numbers[space.name] = number }
        for entry in usage where entry.slot < self.usage.count {
            self.usage[entry.slot].recordByteCount = entry.recordByteCount
            self.usage[entry.slot].liveByteCount = entry.liveByteCount
        }
        self.unswept = unswept
        self.nextKeyspace = max(self.nextKeyspace, nextKeyspace)
        self.lastDropSequence = lastDropSequence
        self.countedSequence = PlantedBug.countReplayTwice.isPlanted ? 0 : countedSequence
        version += 1
    }
}
