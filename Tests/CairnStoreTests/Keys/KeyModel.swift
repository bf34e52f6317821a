import CairnPlatform
import CairnSimulation

@testable import CairnStore

/// What an entry says, with its key and metadata out of their buffer: what tests compare.
struct KeyFact: Hashable {
    var entry: IndexedKey
    var key: [UInt8]
    var metadata: [UInt8]

    init(_ entry: IndexedKey, key: [UInt8], metadata: [UInt8] = []) {
        self.entry = entry
        self.entry.keyOffset = 0
        self.entry.keyByteCount = UInt32(key.count)
        self.entry.metadataByteCount = UInt32(metadata.count)
        self.key = key
        self.metadata = metadata
    }

    init(_ block: KeyBlock, _ index: Int) {
        self.init(
            block.entries[index], key: block.key(index), metadata: block.metadata(index))
    }

    init(_ item: KeyMerge.Item) {
        self.init(item.entry, key: item.key, metadata: item.metadata)
    }

    var point: KeyPoint { KeyPoint(keyspace: entry.keyspace, key: key) }
}

extension KeyPoint: Comparable {
    static func < (a: KeyPoint, b: KeyPoint) -> Bool {
        a.keyspace != b.keyspace
            ? a.keyspace < b.keyspace : a.key.lexicographicallyPrecedes(b.key)
    }
}

/// Sorted tables of keys by the book: a dictionary and the standard library's sort.
struct KeyModel {
    static let store = StoreID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
    static let segments = (1...9).map {
        KeyRunSegment(number: $0 * 3, salt: $0 << 40, recordByteCount: $0 * 1000)
    }

    private(set) var newest: [KeyPoint: KeyFact] = [:]

    init(_ facts: [KeyFact] = []) { facts.forEach { add($0) } }

    /// Adds a change that is newer than all before.
    mutating func add(_ fact: KeyFact) { newest[fact.point] = fact }

    func facts(_ bounds: KeyBounds = .all) -> [KeyFact] {
        newest.values.filter { fact in
            (bounds.lower.map { fact.point >= $0 } ?? true)
                && (bounds.upper.map { fact.point < $0 } ?? true)
        }.sorted { $0.point < $1.point }
    }

    static func position(_ sequence: UInt64) -> LogPosition {
        LogPosition(
            segment: 3, offset: 8192, headerOffset: 4096, chain: 77, nextSequence: sequence)
    }

    static func writer(_ sequences: ClosedRange<UInt64>, salt: UInt64 = 5) -> KeyRunWriter {
        KeyRunWriter(
            store: store, salt: salt, firstSequence: sequences.lowerBound,
            lastSequence: sequences.upperBound, from: position(sequences.lowerBound),
            to: position(sequences.upperBound + 1), segments: segments)
    }

    static func buffer(_ facts: [KeyFact]) -> KeyBuffer {
        var buffer = KeyBuffer()
        for fact in facts { buffer.append(fact.entry, key: fact.key, metadata: fact.metadata) }
        return buffer
    }

    static func run(_ facts: [KeyFact], salt: UInt64 = 5) throws -> KeyRun {
        let sequences = facts.map(\.entry.sequence)
        let range = (sequences.min() ?? 1)...(sequences.max() ?? 1)
        return try KeyRun.inMemory(buffer(facts).sorted(), into: writer(range, salt: salt))
    }

    static func facts(of run: KeyRun) throws -> [KeyFact] {
        try (0..<run.blockCount).flatMap { index in
            let block = try run.block(index)
            return (0..<block.count).map { KeyFact(block, $0) }
        }
    }
}

/// Changes of keys that are hard on sorting: few keys and many, long prefixes, zeros, no bytes at all.
struct KeyGenerator {
    var random: SeededRandom
    var sequence: UInt64 = 1
    var keyspaceCount = 3

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func key() -> [UInt8] {
        switch random.below(8) {
        case 0: return []
        case 1: return Array("user:\(random.below(1000))".utf8)
        case 2: return Array(repeating: 0, count: random.below(20))
        case 3: return (0..<random.below(12)).map { _ in random.oneIn(2) ? 0 : 0xFF }
        case 4:
            return Array(repeating: 112, count: 40) + Array("\(random.below(300))".utf8)
        case 5: return (0..<random.below(30)).map { _ in UInt8(random.below(256)) }
        case 6:
            return Array(repeating: 1, count: random.below(40))
                + Array(repeating: 2, count: random.below(3))
        default: return Array("k\(random.below(200))".utf8)
        }
    }

    mutating func change() -> KeyFact {
        if !random.oneIn(4) { sequence += UInt64(random.below(300)) }
        let keyspace = UInt64(random.below(keyspaceCount))
        let byteCount = UInt32(20 + random.below(100_000))
        var entry = IndexedKey(
            keyspace: keyspace, sequence: sequence,
            segment: KeyModel.segments[random.below(9)].number,
            offset: UInt32(4096 + random.below(1 << 30)), byteCount: byteCount,
            footprint: random.oneIn(5) ? byteCount + UInt32(random.below(1 << 28)) : byteCount)
        if random.oneIn(4) { entry.expiry = Int64(random.below(1 << 42)) }
        if random.oneIn(50) { entry.expiry = [.min, -1, 0, .max - 1][random.below(4)] }
        if random.oneIn(5) { entry.kind = .delete }
        if keyspace == 0 { entry.target = UInt64(random.below(1000)) }
        let metadata =
            random.oneIn(5) ? (0..<random.below(50)).map { _ in UInt8(random.below(256)) } : []
        return KeyFact(entry, key: key(), metadata: metadata)
    }

    mutating func changes(_ count: Int) -> [KeyFact] { (0..<count).map { _ in change() } }

    mutating func bounds() -> KeyBounds {
        var points = [
            KeyPoint(keyspace: UInt64(random.below(keyspaceCount + 1)), key: key()),
            KeyPoint(keyspace: UInt64(random.below(keyspaceCount + 1)), key: key()),
        ]
        if !random.oneIn(8) { points.sort() }
        switch random.below(4) {
        case 0: return .keyspace(points[0].keyspace, from: points[0].key)
        case 1: return KeyBounds(lower: points[0], upper: nil)
        case 2: return KeyBounds(lower: nil, upper: points[1])
        default: return KeyBounds(lower: points[0], upper: points[1])
        }
    }
}
