import CairnPlatform
import CairnSimulation
import CairnStore

/// A store with real threads: writers at every level, readers, listers, somebody who asks for statistics, and
/// a close in the middle of it all. For ThreadSanitizer, and for what only threads can show.
///
/// Checks that no reader sees a key go back, that a listing sees batches whole, that sequences ascend, and
/// that what was acknowledged is there at the end. Long, because a sanitizer sees only races that happen:
/// on two cores a short one is easily missed.
package struct ThreadStress: Instrument {
    package let name = "stress"
    package let unit = "commits"
    package let quickCount = 20_000

    private static let writerCount = 3
    private static let readerCount = 2
    private static let commitCount = 700

    package init() {}

    package func run(share: Int, _ tally: Tally) throws {
        let disk = SimulatedFileSystem()
        let failures = Locked<[String]>([])
        let store = try Store.open(
            at: Simulation.directory + "/store", settings: EngineSettings.roll(UInt64(share)),
            components: StoreComponents(fileSystem: disk))
        let isOver = Locked(false)
        let guarded = { (body: @escaping @Sendable () throws -> Void) -> @Sendable () -> Void in
            {
                do { try body() } catch { failures.withLock { $0.append("\(error)") } }
            }
        }
        let readers = (0..<Self.readerCount).map { number in
            DedicatedThread(
                name: "reader",
                guarded { try Self.read(store, number, until: { isOver.withLock { $0 } }) })
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

    private static func key(_ writer: Int, _ number: Int) -> String { "w\(writer)-\(number)" }

    /// Each batch sets all keys of its writer to the next number.
    private static func write(
        _ store: Store, _ writer: Int, _ share: Int, _ tally: Tally
    ) throws {
        var random = SeededRandom(seed: UInt64(share * 31 + writer))
        let space = try store.keyspace("numbers")
        let other = try store.keyspace("other-\(writer)")
        var last = CommitSequence(0)
        for number in 1...commitCount {
            var batch = WriteBatch()
            for index in 0..<3 { batch.put(key(writer, index), encode(number), in: space) }
            batch.put("n", encode(number), in: other)
            if random.oneIn(50) { batch.drop(other) }
            let levels: [Durability] = [.memory, .buffered, .durable]
            let ticket = try store.commit(batch, durability: levels[random.below(3)])
            try expect(ticket.sequence > last, "sequence \(ticket.sequence) after \(last)")
            last = ticket.sequence
            if random.oneIn(2) { try ticket.waitUntilAcknowledged() }
            tally.count()
        }
        try store.ticket(for: last).waitUntilDurable()
    }

    private static func read(_ store: Store, _ reader: Int, until isOver: () -> Bool) throws {
        let space = try store.keyspace("numbers")
        var seen: [String: Int] = [:]
        var round = 0
        while !isOver() {
            round += 1
            do throws(StoreError) {
                if reader == 0 {
                    let writer = round % writerCount
                    let found = try space.get(key(writer, round % 3)).map(decode) ?? 0
                    try note(found, for: key(writer, round % 3), in: &seen)
                } else {
                    try list(space, &seen)
                    if round % 20 == 0 { _ = try store.metrics() }
                }
            } catch {
                guard error.kind == .closed else { throw error }
                return
            }
        }
    }

    private static func list(_ space: Keyspace, _ seen: inout [String: Int]) throws(StoreError) {
        var numbers: [Substring: Set<Int>] = [:]
        for entry in try space.list(prefix: "w") {
            let name = String(decoding: entry.key, as: UTF8.self)
            let number = decode(entry.value)
            numbers[name.prefix { $0 != "-" }, default: []].insert(number)
            try note(number, for: name, in: &seen)
        }
        for (writer, found) in numbers where found.count != 1 {
            throw StoreError(.inputOutput, "half a batch: \(writer) has \(found.sorted())")
        }
    }

    private static func note(
        _ number: Int, for key: String, in seen: inout [String: Int]
    ) throws(StoreError) {
        let before = seen[key] ?? 0
        if number < before {
            throw StoreError(.inputOutput, "\(key) went back from \(before) to \(number)")
        }
        seen[key] = number
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
    }

    private static func encode(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

    private static func decode(_ bytes: [UInt8]) -> Int {
        Int(String(decoding: bytes, as: UTF8.self)) ?? -1
    }
}
