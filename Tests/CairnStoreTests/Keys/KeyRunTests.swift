import CairnFiles
import CairnSimulation
import Testing

@testable import CairnStore

@Suite("Key run") struct KeyRunTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a run gives back what went in`(_ seed: UInt64) throws {
        var generator = KeyGenerator(seed: seed)
        let changes = generator.changes(generator.random.below(2500))
        let run = try KeyModel.run(changes)
        let expected = KeyModel(changes).facts()
        #expect(try KeyModel.facts(of: run) == expected)
        #expect(run.summary.entryCount == UInt64(expected.count))
        #expect(run.summary.putCount == UInt64(expected.count { $0.entry.kind == .put }))
        #expect(run.summary.segments.all == KeyModel.segments)
        #expect(run.summary.from == KeyModel.position(run.firstSequence))
        #expect(run.summary.to == KeyModel.position(run.lastSequence + 1))
        for fact in expected {
            let index = run.blockIndex(for: fact.entry.keyspace, key: fact.key)
            let block = try run.block(index)
            let place = try #require(block.index(of: fact.entry.keyspace, key: fact.key))
            #expect(KeyFact(block, place) == fact)
            block.withKey(place) { span in
                #expect(span.count == fact.key.count)
            }
        }
    }

    @Test func `a run written to a file piece by piece is the run in memory`() throws {
        var generator = KeyGenerator(seed: 7)
        let changes = generator.changes(5000)
        let block = KeyModel.buffer(changes).sorted()
        let memory = try KeyModel.run(changes)
        let disk = SimulatedFileSystem()
        let name = memory.name
        let path = "/disk/" + name.fileName
        let file = try File(path, .create, in: disk)
        var writer = KeyModel.writer(name.firstSequence...name.lastSequence)
        var written = 0
        var pieces = 0
        for (index, entry) in block.entries.enumerated() {
            writer.append(entry, in: block.bytes)
            guard index % 500 == 0, writer.finishedByteCount > 0 else { continue }
            let bytes = writer.takeBytes()
            try file.write(bytes, at: Int64(written))
            written += bytes.count
            pieces += 1
        }
        writer.finish()
        let rest = writer.takeBytes()
        try file.write(rest, at: Int64(written))
        #expect(pieces > 3)
        #expect(try file.read(at: 0, byteCount: 1 << 24) == memory.memory)
        let opened = try KeyRun.open(
            try .file(try File(path, .read, in: disk)), store: KeyModel.store, name: name)
        #expect(opened.memory == nil && opened.id != memory.id)
        #expect(opened.fences == memory.fences && opened.summary == memory.summary)
        #expect(try KeyModel.facts(of: opened) == KeyModel(changes).facts())
    }

    @Test func `the longest keys and metadata fit, and blocks stay short`() throws {
        var changes: [KeyFact] = []
        for number in 0..<250 as Range<UInt8> where number % 3 != 1 || number < 20 {
            let entry = IndexedKey(
                keyspace: 2, sequence: 9, segment: 27, offset: 4096, byteCount: 99, footprint: 99)
            let isLong = number % 6 == 0
            let key = Array(repeating: UInt8(9), count: isLong ? (64 << 10) - 1 : 3000) + [number]
            changes.append(
                KeyFact(
                    entry, key: key,
                    metadata: number % 12 == 0 ? Array(repeating: number, count: 64 << 10) : []))
        }
        let run = try KeyModel.run(changes)
        #expect(try KeyModel.facts(of: run) == KeyModel(changes).facts())
        for index in 0..<run.blockCount {
            #expect(run.fences[index].byteCount <= KeyBlockFormat.byteCountMax)
            #expect(try run.block(index).bytes.count <= KeyBlockFormat.decodedByteCountMax)
        }
        var generator = KeyGenerator(seed: 3)
        let usual = try KeyModel.run(generator.changes(8000))
        for index in 0..<usual.blockCount - 1 {
            #expect((4096..<4400).contains(usual.fences[index].byteCount))
        }
        #expect(usual.fences.cost < 64 * usual.blockCount)
    }

    @Test func `a run may be empty`() throws {
        let run = try KeyModel.run([])
        #expect(run.blockCount == 0 && run.summary.entryCount == 0)
        var merge = try KeyMerge([.run(run)], reverse: true)
        #expect(try merge.next() == nil)
        #expect(run.blockIndex(for: 1, key: [1]) == 0)
    }

    @Test func `a cache is asked before a block is read`() throws {
        final class Cache: KeyBlockCache {
            let only = KeyBlock(bytes: [], entries: [])
            func block(
                run: UInt64, index: Int, make: () throws(KeyRunError) -> KeyBlock
            ) throws(KeyRunError) -> KeyBlock {
                index == 0 ? only : try make()
            }
        }
        var generator = KeyGenerator(seed: 3)
        let run = try KeyModel.run(generator.changes(2000))
        let cache = Cache()
        #expect(try run.block(0, cache: cache) === cache.only)
        #expect(try run.block(1, cache: cache).count > 0)
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `a cursor finds its way inside its bounds`(_ seed: UInt64) throws {
        var generator = KeyGenerator(seed: seed)
        let changes = generator.changes(2000)
        let run = try KeyModel.run(changes)
        let block = KeyModel.buffer(changes).sorted()
        let model = KeyModel(changes)
        for _ in 0..<20 {
            let bounds = generator.random.oneIn(4) ? .all : generator.bounds()
            let facts = model.facts(bounds)
            let point = KeyPoint(
                keyspace: UInt64(generator.random.below(4)), key: generator.key())
            let after = facts.firstIndex { $0.point >= point } ?? facts.count
            for source in [KeySource.run(run), .block(block)] {
                var cursor = KeyCursor(source, bounds: bounds)
                #expect(!cursor.isAtEntry)
                try cursor.seek(atOrAfter: point)
                for index in after..<min(after + 90, facts.count) {
                    try #require(cursor.isAtEntry)
                    #expect(KeyFact(cursor.block, cursor.index) == facts[index])
                    try cursor.next()
                }
                #expect(cursor.isAtEntry == (after + 90 < facts.count))
                try cursor.seek(before: point)
                for index in (max(after - 90, 0)..<after).reversed() {
                    try #require(cursor.isAtEntry)
                    #expect(KeyFact(cursor.block, cursor.index) == facts[index])
                    try cursor.previous()
                }
                #expect(cursor.isAtEntry == (after > 90))
            }
        }
    }
}
