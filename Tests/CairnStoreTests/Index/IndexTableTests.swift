import CairnFiles
import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

@Suite("Index table") struct IndexTableTests {
    private static let hash = KeyedHash(key0: 1, key1: 2)

    private static func fingerprint(_ number: UInt64) -> Fingerprint {
        let nothing: [UInt8] = []
        let (high, low) = unsafe hash.hash(number, nothing.span.bytes)
        return Fingerprint(high: high, low: low)
    }

    private static func place(_ number: UInt64) -> IndexPlace {
        IndexPlace(
            segmentSlot: 0, offset: UInt32(4096 + number), footprint: Int(number % 5000) + 1,
            isChunked: false)
    }

    private static func segment() throws -> Segment {
        let disk = SimulatedFileSystem()
        return Segment(
            identity: SegmentIdentity(store: KeyModel.store, number: 1, salt: 2), path: "/disk/s",
            file: try File("/disk/s", .create, in: disk))
    }

    private static func put(_ numbers: some Sequence<UInt64>, into table: IndexTable) {
        for number in numbers {
            let fingerprint = fingerprint(number)
            table.change(IndexTable.stripes(of: fingerprint)) { changes in
                _ = changes.put(fingerprint, place(number))
            }
        }
    }

    private static func slots(_ table: IndexTable) -> [[IndexSlot]] {
        (0..<IndexTable.shardCount).map { table.copy($0) }
    }

    @Test func `a table agrees with a dictionary`() throws {
        let table = IndexTable()
        table.setSegment(try Self.segment(), slot: 0)
        var model: [UInt64: IndexPlace] = [:]
        var random = SeededRandom(seed: 5)
        for step in 0..<60_000 as Range<UInt64> {
            let number = random.next() % 20_000
            let fingerprint = Self.fingerprint(number)
            table.change(IndexTable.stripes(of: fingerprint)) { changes in
                if random.next() % 3 > 0 {
                    let place = Self.place(step)
                    let old = changes.put(fingerprint, place)
                    #expect(old == model.updateValue(place, forKey: number))
                } else {
                    #expect(changes.remove(fingerprint) == model.removeValue(forKey: number))
                }
            }
        }
        for number in 0..<20_000 as Range<UInt64> {
            #expect(table.find(Self.fingerprint(number))?.place == model[number])
        }
        #expect(Self.slots(table).reduce(0) { $0 + $1.count } == model.count)
    }

    @Test func `a table that is loaded shard by shard is the one that was copied`() throws {
        let table = IndexTable()
        Self.put(0..<20_000, into: table)
        let slots = Self.slots(table)
        let bytes = slots.map { SlotBytes.encode($0) }
        let loaded = IndexTable(
            loader: IndexTable.Loader { shard throws(StoreError) in
                SlotBytes.decode(bytes[shard])
            })
        loaded.setSegment(try Self.segment(), slot: 0)
        #expect(!loaded.isComplete && loaded.byteCount == 0)
        for number in 0..<500 as Range<UInt64> {
            let fingerprint = Self.fingerprint(number)
            try loaded.load(fingerprint.shard)
            #expect(loaded.find(fingerprint)?.place == Self.place(number))
        }
        #expect(!loaded.isComplete)
        for shard in 0..<IndexTable.shardCount { try loaded.load(shard) }
        #expect(loaded.isComplete)
        #expect(Self.slots(loaded) == slots)
        // What is loaded is not loaded again.
        #expect(loaded.install([], as: 0))
        #expect(loaded.copy(0) == slots[0])
        loaded.replace(0, with: [])
        #expect(loaded.copy(0) == [])
    }

    @Test func `a shard out of order is refused and can be installed anew`() throws {
        let table = IndexTable()
        Self.put(0..<20_000, into: table)
        let slots = Self.slots(table)
        let loaded = IndexTable(
            loader: IndexTable.Loader { shard throws(StoreError) in slots[shard].reversed() })
        #expect(throws: StoreError.self) { try loaded.load(3) }
        #expect(loaded.install(slots[3], as: 3))
        try loaded.load(3)
        #expect(loaded.copy(3) == slots[3])
    }

    /// Goal: what the documents promise of memory.
    @Test func `a million keys take at most 24 bytes each`() {
        let table = IndexTable()
        Self.put(0..<1_000_000, into: table)
        #expect(table.byteCount <= 24_000_000, "\(table.byteCount)")
        #expect(table.byteCount > 16_000_000)
        // What is there already needs no more.
        let before = table.byteCount
        Self.put(0..<100_000, into: table)
        #expect(table.byteCount == before)
    }
}
