import CairnSimulation
import Testing

@testable import CairnStore

@Suite("Key merge") struct KeyMergeTests {
    /// Sources of a stretch of changes each: runs, and blocks as a buffer gives them.
    private func sources(
        _ generator: inout KeyGenerator, _ model: inout KeyModel
    ) throws -> [KeySource] {
        try (0..<generator.random.below(7)).map { _ in
            let changes = generator.changes(generator.random.below(700))
            changes.forEach { model.add($0) }
            // The next source's sequences are higher.
            generator.sequence += 1
            return generator.random.oneIn(4)
                ? .block(KeyModel.buffer(changes).sorted()) : .run(try KeyModel.run(changes))
        }
    }

    private func all(_ merge: KeyMerge) throws -> [KeyFact] {
        var merge = merge
        var facts: [KeyFact] = []
        while let item = try merge.next() { facts.append(KeyFact(item)) }
        #expect(try merge.next() == nil)
        return facts
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `a merge shows the newest change of each key, both ways`(_ seed: UInt64) throws {
        var generator = KeyGenerator(seed: seed)
        var model = KeyModel()
        let sources = try sources(&generator, &model)
        #expect(try all(KeyMerge(sources)) == model.facts())
        #expect(try all(KeyMerge(sources, reverse: true)) == model.facts().reversed())
        for _ in 0..<6 {
            let bounds = generator.bounds()
            let facts = model.facts(bounds)
            #expect(try all(KeyMerge(sources, bounds: bounds)) == facts)
            #expect(try all(KeyMerge(sources, bounds: bounds, reverse: true)) == facts.reversed())
        }
    }

    @Test func `of the same sequence the newer source wins, of another the higher`() throws {
        func source(_ sequence: UInt64, _ offset: UInt32) throws -> KeySource {
            let entry = IndexedKey(
                keyspace: 1, sequence: sequence, segment: 3, offset: offset, byteCount: 9,
                footprint: 9)
            return .run(try KeyModel.run([KeyFact(entry, key: [1])]))
        }
        for reverse in [false, true] {
            var same = try KeyMerge([source(5, 1), source(5, 2), source(5, 3)], reverse: reverse)
            #expect(try same.next()?.entry.offset == 3)
            var other = try KeyMerge([source(5, 1), source(6, 2), source(4, 3)], reverse: reverse)
            #expect(try other.next()?.entry.offset == 2)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>, [false, true])
    func `runs become one run, step by step`(_ seed: UInt64, _ dropTombstones: Bool) throws {
        var generator = KeyGenerator(seed: seed)
        var model = KeyModel()
        var runs: [KeyRun] = []
        for _ in 0..<1 + generator.random.below(5) {
            let changes = generator.changes(1 + generator.random.below(900))
            changes.forEach { model.add($0) }
            generator.sequence += 1
            runs.append(try KeyModel.run(changes, salt: generator.random.next()))
        }
        var merge = try RunMerge(
            runs, into: KeyRunWriter(merging: runs, salt: 99), dropTombstones: dropTombstones)
        var bytes: [UInt8] = []
        var steps = 1
        while try !merge.step(entries: 100) {
            bytes += merge.writer.takeBytes()
            steps += 1
        }
        // Once done, it stays so.
        #expect(try merge.step(entries: 100))
        merge.writer.finish()
        bytes += merge.writer.takeBytes()
        let facts = model.facts()
        #expect(steps == facts.count / 100 + 1 || facts.count % 100 == 0)
        let run = try KeyRun.open(.memory(bytes), store: KeyModel.store)
        #expect(
            try KeyModel.facts(of: run)
                == facts.filter {
                    !dropTombstones || $0.entry.kind == .put || $0.entry.keyspace == 0
                })
        #expect(run.firstSequence == runs[0].firstSequence)
        #expect(run.lastSequence == runs[runs.count - 1].lastSequence)
        #expect(run.summary.from == runs[0].summary.from)
        #expect(run.summary.to == runs[runs.count - 1].summary.to)
        let shares = run.summary.segments.all.map(\.recordByteCount)
        #expect(shares == KeyModel.segments.map { $0.recordByteCount * UInt64(runs.count) })
    }
}
