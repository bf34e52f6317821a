import CairnFiles
import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

@Suite("Damaged key runs") struct KeyRunDamageTests {
    /// A run of a few blocks, small enough to try every bit of it.
    private func small() throws -> (run: KeyRun, bytes: [UInt8]) {
        var generator = KeyGenerator(seed: 11)
        let run = try KeyModel.run(generator.changes(220))
        return (run, try #require(run.memory))
    }

    /// What the bytes say, or that they were found out.
    private func read(_ bytes: [UInt8]) -> Result<[KeyFact], any Error> {
        Result {
            try KeyModel.facts(of: try KeyRun.open(.memory(bytes), store: KeyModel.store))
        }
    }

    @Test func `every flipped bit is found`() throws {
        let (run, bytes) = try small()
        #expect(run.blockCount > 1)
        let facts = try KeyModel.facts(of: run)
        for offset in bytes.indices {
            var damaged = bytes
            damaged[offset] ^= 1 << UInt8(offset % 8)
            // Only bytes that mean nothing may change without a word; a run has none.
            guard case .success(let found) = read(damaged) else { continue }
            #expect(found == facts, "offset \(offset)")
            Issue.record("the flip at offset \(offset) was not found")
        }
    }

    @Test func `a run that is cut anywhere is refused`() throws {
        let (_, bytes) = try small()
        for count in bytes.indices {
            #expect(throws: KeyRunError.self) {
                _ = try KeyRun.open(.memory(Array(bytes[..<count])), store: KeyModel.store)
            }
        }
        #expect(throws: KeyRunError.self) {
            _ = try KeyRun.open(.memory(bytes + [0]), store: KeyModel.store)
        }
    }

    @Test func `a run of another store, of another name or version says so`() throws {
        let (run, bytes) = try small()
        #expect(throws: KeyRunError.store(KeyModel.store)) {
            _ = try KeyRun.open(.memory(bytes), store: StoreID(high: 1, low: 2))
        }
        #expect(throws: KeyRunError.name(run.name)) {
            _ = try KeyRun.open(
                .memory(bytes), store: KeyModel.store,
                name: KeyRunName(firstSequence: run.firstSequence, lastSequence: 1 << 40))
        }
        var newer = bytes
        newer[8] = 9
        #expect(throws: KeyRunError.version(9)) {
            _ = try KeyRun.open(.memory(newer), store: KeyModel.store)
        }
        newer = bytes
        newer[0] = 0
        #expect(throws: KeyRunError.magic) {
            _ = try KeyRun.open(.memory(newer), store: KeyModel.store)
        }
    }

    @Test func `blocks in each other's place, or of another life of the run, are refused`() throws {
        func entry(_ number: Int) -> KeyFact {
            KeyFact(
                IndexedKey(
                    keyspace: 1, sequence: 1, segment: 3, offset: 4096, byteCount: 9,
                    footprint: 9), key: Array("key\(1_000_000 + number)".utf8))
        }
        let facts = (0..<2000).map(entry)
        let run = try KeyModel.run(facts)
        let bytes = try #require(run.memory)
        var same: (Int, Int)?
        for one in 0..<run.blockCount {
            for other in one + 1..<run.blockCount
            where run.fences[one].byteCount == run.fences[other].byteCount {
                same = (one, other)
            }
        }
        let (one, other) = try #require(same)
        let (a, b) = (run.fences[one].blockRange, run.fences[other].blockRange)
        var swapped = bytes
        swapped.replaceSubrange(a, with: bytes[b])
        swapped.replaceSubrange(b, with: bytes[a])
        let opened = try KeyRun.open(.memory(swapped), store: KeyModel.store)
        for index in [one, other] {
            let offset = opened.fences[index].blockRange.lowerBound
            #expect(throws: KeyRunError.checksum(offset: offset)) { try opened.block(index) }
        }
        let twin = try #require(try KeyModel.run(facts, salt: 6).memory)
        var mixed = bytes
        mixed.replaceSubrange(a, with: twin[a])
        let third = try KeyRun.open(.memory(mixed), store: KeyModel.store)
        #expect(throws: KeyRunError.checksum(offset: a.lowerBound)) { try third.block(one) }
    }

    @Test func `a file that shrinks or fails under an open run is an error, not a wrong answer`()
        throws
    {
        let (_, bytes) = try small()
        let failing = Locked(false)
        let failure = FileError(operation: .read, path: "/x", code: 5)
        let source = KeyRunSource.file(byteCount: bytes.count) {
            (offset: Int, byteCount: Int) throws(FileError) in
            if failing.withLock({ $0 }) {
                if offset == KeyRunHeader.byteCount { throw failure }
                return Array(bytes[offset..<offset + byteCount - 1])
            }
            return Array(bytes[offset..<offset + byteCount])
        }
        let run = try KeyRun.open(source, store: KeyModel.store)
        failing.withLock { $0 = true }
        #expect(throws: KeyRunError.file(failure)) { try run.block(0) }
        #expect(throws: KeyRunError.short(bytes.count)) { try run.block(1) }
    }

    @Test(arguments: [false, true])
    func `a merge ends with the error of the block it cannot read`(_ reverse: Bool) throws {
        var generator = KeyGenerator(seed: 12)
        let changes = generator.changes(1500)
        var bytes = try #require(try KeyModel.run(changes).memory)
        let whole = try KeyModel.run(changes)
        let middle = whole.fences[whole.blockCount / 2].blockRange
        bytes[middle.lowerBound + 9] ^= 4
        let run = try KeyRun.open(.memory(bytes), store: KeyModel.store)
        let error = KeyRunError.checksum(offset: middle.lowerBound)
        var merge = try KeyMerge([.run(run), .run(whole)], reverse: reverse)
        let facts = KeyModel(changes).facts()
        var count = 0
        #expect(throws: error) {
            while let item = try merge.next() {
                count += 1
                #expect(KeyFact(item) == facts[reverse ? facts.count - count : count - 1])
            }
        }
        #expect(count > 0 && count < facts.count)
        #expect(throws: error) { try merge.next() }
        var copy = try RunMerge(
            [whole, run], into: KeyRunWriter(merging: [whole, run], salt: 1),
            dropTombstones: false)
        #expect(throws: error) { while try !copy.step(entries: 50) {} }
        #expect(throws: error) { try copy.step(entries: 50) }
        #expect(!copy.writer.isFinished)
    }

    /// A checksum says that bytes are what was written, not that they were written well.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `whatever a block with a valid checksum says, decoding it does not trap`(_ seed: UInt64)
        throws
    {
        var generator = KeyGenerator(seed: seed)
        let run = try KeyModel.run(generator.changes(1000))
        let bytes = try #require(run.memory)
        let context = KeyMemory.BlockContext(
            firstSequence: run.firstSequence, lastSequence: run.lastSequence,
            segments: run.summary.segments.numbers)
        let body = run.fences[0].blockRange.dropLast(4)
        let length = body.count
        var decoded = 0
        for _ in 0..<2500 {
            var block = Array(bytes[body])
            for _ in 0...generator.random.below(3) {
                let place =
                    generator.random.oneIn(4)
                    ? generator.random.below(min(40, length)) : generator.random.below(length)
                block[place] =
                    generator.random.oneIn(2)
                    ? [0, 1, 0x7F, 0x80, 0xFF][generator.random.below(5)]
                    : UInt8(generator.random.below(256))
            }
            if generator.random.oneIn(10) { block.removeLast(generator.random.below(length)) }
            guard let found = KeyMemory.decodeBlock(block, 0..<block.count, in: context) else {
                continue
            }
            decoded += 1
            try check(KeyBlock(bytes: found.bytes, entries: found.entries), run)
        }
        #expect(decoded > 0)
    }

    private func check(_ block: KeyBlock, _ run: KeyRun) throws {
        for (index, entry) in block.entries.enumerated() {
            try #require(entry.metadataRange.upperBound <= block.bytes.count)
            try #require(
                (run.firstSequence...run.lastSequence).contains(entry.sequence)
                    && run.summary.segments.numbers.contains(entry.segment)
                    && entry.keyspace <= StoreLimits.numberMax)
            guard index > 0 else { continue }
            let order = block.compare(
                index - 1, keyspace: entry.keyspace, key: block.key(index))
            try #require(order < 0)
        }
    }
}
