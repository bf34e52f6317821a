import CairnPlatform
import CairnSimulation
import CairnStore

/// A store with real threads: writers at every level, readers, listers, somebody who asks for statistics, and
/// a close in the middle of it all. For ThreadSanitizer, and for what only threads can show.
///
/// Checks that no reader sees a key go back, whether by a get after a list or the other way round; that a
/// listing is one moment's view: batches whole, in it and in what is read after it, and what is there
/// throughout in it exactly once; that sequences ascend, and that what was acknowledged is there at the
/// end. Long, because a sanitizer sees only races that happen: on two cores a short one is easily missed.
package struct ThreadStress: Instrument {
    package let name = "stress"
    package let unit = "commits"
    package let quickCount = 20_000

    private static let writerCount = 3
    private static let readerCount = 4
    private static let commitCount = 700

    package init() {}

    package func run(share: Int, _ tally: Tally) throws {
        let disk = SimulatedFileSystem()
        let failures = Locked<[String]>([])
        var settings = EngineSettings.roll(UInt64(share))
        // What is put at the beginning is one batch.
        settings.segmentByteCount = max(settings.segmentByteCount, 16 << 10)
        let store = try Store.open(
            at: Simulation.directory + "/store", settings: settings,
            components: StoreComponents(fileSystem: disk))
        try Self.prepare(store)
        let isOver = Locked(false)
        let guarded = { (body: @escaping @Sendable () throws -> Void) -> @Sendable () -> Void in
            {
                do { try body() } catch { failures.withLock { $0.append("\(error)") } }
            }
        }
        let readers = (0..<Self.readerCount).map { number in
            DedicatedThread(
                name: "reader",
                guarded {
                    var reader = StressReader(store, number)
                    while !isOver.withLock({ $0 }), try reader.round() { tally.visit("reads") }
                })
        }
        let writers = (0..<Self.writerCount).map { number in
            DedicatedThread(name: "writer", guarded { try Self.write(store, number, share, tally) })
        }
        for writer in writers { writer.join() }
        // Readers are still at it: they must get right answers or `.closed`.
        try store.close()
        isOver.withLock { $0 = true }
        for reader in readers { reader.join() }
        if let failure = failures.withLock({ $0.first }) { throw BrokenPromise(failure) }
        try Self.checkEnd(disk, share)
    }

    static func key(_ writer: Int, _ number: Int) -> String { "w\(writer)-\(number)" }

    /// Keys that nobody changes, among those that are changed.
    static let constantKeys = (0..<40).map { "w\($0 % writerCount)-\($0 % 4)c\($0)" }

    /// What every batch of a writer sets, to the same number.
    static func spaces(of writer: Int) -> [String] { ["numbers", "other-\(writer)"] }

    private static func prepare(_ store: Store) throws {
        var batch = WriteBatch()
        for key in constantKeys { batch.put(key, encode(0), in: try store.keyspace("numbers")) }
        for writer in 0..<writerCount { try add(0, of: writer, to: &batch, store) }
        try store.commit(batch).waitUntilDurable()
    }

    private static func add(
        _ number: Int, of writer: Int, to batch: inout WriteBatch, _ store: Store
    ) throws {
        let space = try store.keyspace("numbers")
        for index in 0..<3 { batch.put(key(writer, index), encode(number), in: space) }
        batch.put("n", encode(number), in: try store.keyspace("other-\(writer)"))
    }

    /// Each batch sets all keys of its writer to the next number; some put another keyspace in place of
    /// one first.
    private static func write(
        _ store: Store, _ writer: Int, _ share: Int, _ tally: Tally
    ) throws {
        var random = SeededRandom(seed: UInt64(share * 31 + writer))
        let other = try store.keyspace("other-\(writer)")
        let numbers = try store.keyspace("numbers")
        var last = CommitSequence(0)
        for number in 1...commitCount {
            var batch = WriteBatch()
            if random.oneIn(8) { batch.drop(other) }
            // One that comes and goes.
            if number % 2 == 0 {
                batch.delete("w\(writer)-t", in: numbers)
            } else {
                batch.put("w\(writer)-t", encode(number), in: numbers)
            }
            try add(number, of: writer, to: &batch, store)
            let levels: [Durability] = [.memory, .buffered, .durable]
            let ticket = try store.commit(batch, durability: levels[random.below(3)])
            try expect(ticket.sequence > last, "sequence \(ticket.sequence) after \(last)")
            last = ticket.sequence
            if random.oneIn(2) { try ticket.waitUntilAcknowledged() }
            tally.count()
        }
        try store.ticket(for: last).waitUntilDurable()
    }

    /// The store was closed: all of it must be there after a power cut.
    private static func checkEnd(_ disk: SimulatedFileSystem, _ share: Int) throws {
        let run = EngineRun(seed: UInt64(share), settings: EngineSettings.smallest)
        defer { run.abandon() }
        let store = try run.openForReading(disk.afterPowerCut(.losesEverything))
        for writer in 0..<writerCount {
            let found = try store.keyspace("numbers").get(key(writer, 0)).map(decode)
            try expect(found == commitCount, "writer \(writer) ended at \(found ?? 0)")
        }
        let counts = store.keyspaceMetrics().map(\.keyCount).sorted()
        try expect(
            counts == [1, 1, 1, constantKeys.count + 3 * writerCount], "there are \(counts) keys")
    }

    static func encode(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

    static func decode(_ bytes: [UInt8]) -> Int {
        Int(String(decoding: bytes, as: UTF8.self)) ?? -1
    }

    static func decode(_ span: Span<UInt8>) -> Int {
        decode(span.indices.map { span[$0] })
    }

    static var allWriters: Range<Int> { 0..<writerCount }
}
