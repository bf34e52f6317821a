import CairnPlatform
import CairnStore
import CairnTestSupport
import Testing

@Suite("Power cuts") struct PowerCutTests {
    /// Goal: whatever is lost, torn or reordered, what was acknowledged as durable is there, every
    /// batch is whole or absent, and the store opens without help.
    /// Method: a scripted workload on a disk in memory; the power goes after each call that changes
    /// something; for each, several of the images that could be left are opened and compared with
    /// the ledger of acknowledgements; then the store goes on in the image.
    @Test(arguments: 0..<4)
    func `a power cut at any call loses nothing acknowledged`(_ seed: UInt64) throws {
        var calls = 0
        while true {
            let run = Workload(seed: seed)
            run.disk.cutPower(after: calls)
            run.perform()
            for image in [0, 1, seed &* 7919 &+ UInt64(calls) &+ 2] as [UInt64] {
                try run.check(
                    run.disk.afterPowerCut(seed: image),
                    "seed \(seed), call \(calls), image \(image)")
            }
            if run.disk.hasPower { break }
            calls += 1
        }
        #expect(calls > 50)
    }
}

/// Batches of two keyspaces, a few of them durable, a roll-over, a reopen, a drop.
private final class Workload {
    let disk = CrashingFileSystem(directory: "/disk")
    /// The newest generation acknowledged as durable, and the newest submitted.
    private var acknowledged = 0
    private var submitted = 0
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    func perform() {
        var random = SplitMix(seed)
        for _ in 0..<2 {
            guard let store = try? Self.open(disk) else { return }
            for _ in 0..<12 { step(store, &random) }
            guard (try? store.close()) != nil else { return }
            acknowledged = submitted
        }
    }

    private static func open(_ disk: CrashingFileSystem) throws -> Store {
        var settings = StoreSettings()
        settings.segmentByteCount = 64 << 10
        settings.idlePromiseDelay = .milliseconds(1)
        return try Store.open(
            at: "/disk/store", settings: settings,
            components: StoreComponents(fileSystem: disk))
    }

    private func step(_ store: Store, _ random: inout SplitMix) {
        let generation = submitted + 1
        var batch = WriteBatch()
        guard let left = try? store.keyspace("left"), let right = try? store.keyspace("right")
        else { return }
        if generation % 7 == 0 { batch.drop(left) }
        batch.put("generation", bytes("\(generation)"), in: left)
        batch.put("generation", bytes("\(generation)"), in: right)
        batch.put("filler", noise(Int(random.next() % 9000), seed: UInt64(generation)), in: left)
        let isDurable = random.next() % 2 == 0
        guard let ticket = try? store.commit(batch, durability: isDurable ? .durable : .buffered)
        else { return }
        submitted = generation
        if isDurable, (try? ticket.waitUntilDurable()) != nil { acknowledged = generation }
    }

    func check(_ image: CrashingFileSystem, _ context: String) throws {
        let store: Store
        do { store = try Self.open(image) } catch {
            Issue.record("\(context): cannot open: \(error)")
            return
        }
        let (left, right) = (try store.keyspace("left"), try store.keyspace("right"))
        let found = try left.get("generation").map {
            Int(String(decoding: $0, as: UTF8.self)) ?? -1
        }
        let generation = found ?? 0
        #expect(generation >= acknowledged && generation <= submitted, "\(context)")
        #expect(try left.get("generation") == right.get("generation"), "\(context)")
        if generation > 0 { #expect(try left.get("filler") != nil, "\(context)") }
        // The store goes on, and another cut that loses all that is not synced loses nothing.
        try left.put("after", bytes(context))
        let second = image.afterPowerCut(seed: 0)
        try store.close()
        let again = try Self.open(second)
        #expect(try again.keyspace("left").get("after") == bytes(context), "\(context)")
        #expect(
            try again.keyspace("right").get("generation")
                == (generation == 0 ? nil : bytes("\(generation)")), "\(context)")
        try again.close()
    }
}
