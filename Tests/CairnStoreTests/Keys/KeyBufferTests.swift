import CairnSimulation
import Testing

@testable import CairnStore

@Suite("Key buffer") struct KeyBufferTests {
    private func facts(_ block: KeyBlock) -> [KeyFact] {
        (0..<block.count).map { KeyFact(block, $0) }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `sorting keeps the newest change of every key, in order`(_ seed: UInt64) {
        var generator = KeyGenerator(seed: seed)
        generator.keyspaceCount = seed.isMultiple(of: 3) ? 1 : 40
        let changes = generator.changes(generator.random.below(1500))
        let buffer = KeyModel.buffer(changes)
        let model = KeyModel(changes)
        #expect(buffer.count == changes.count)
        #expect(facts(buffer.sorted()) == model.facts())
        for keyspace in 0..<3 as Range<UInt64> {
            #expect(
                facts(buffer.sorted(keyspace: keyspace)) == model.facts(.keyspace(keyspace)))
            let lower = generator.key()
            let upper = generator.random.oneIn(3) ? nil : generator.key()
            #expect(
                facts(buffer.sorted(keyspace: keyspace, from: lower, to: upper))
                    == model.facts(.keyspace(keyspace, from: lower, to: upper)))
        }
    }

    @Test func `keys that were made to hurt are sorted all the same`() {
        // Each agrees with the one before in eight bytes more: groups in groups in groups.
        var changes: [KeyFact] = []
        for length in (0..<200).reversed() {
            let entry = IndexedKey(
                keyspace: 1, sequence: 1, segment: 3, offset: 4096, byteCount: 30, footprint: 30)
            changes.append(
                KeyFact(entry, key: Array(repeating: 7, count: length * 8) + [UInt8(length % 5)]))
        }
        #expect(facts(KeyModel.buffer(changes + changes).sorted()) == KeyModel(changes).facts())
    }

    @Test func `a buffer knows its sequences and what it has of each segment`() {
        var generator = KeyGenerator(seed: 1)
        let changes = generator.changes(100)
        var buffer = KeyModel.buffer(changes)
        buffer.countRecordBytes(1000, in: 2)
        #expect(buffer.sequences == changes[0].entry.sequence...changes[99].entry.sequence)
        var counts: [UInt64: UInt64] = [2: 1000]
        for change in changes {
            counts[change.entry.segment, default: 0] += UInt64(change.entry.byteCount)
        }
        let shares = buffer.segments.map { ($0.number, $0.recordByteCount) }
        #expect(Dictionary(uniqueKeysWithValues: shares) == counts)
        #expect(KeyBuffer().sequences == nil && KeyBuffer().sorted().count == 0)
    }
}
