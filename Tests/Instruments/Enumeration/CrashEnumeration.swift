import CairnSimulation
import CairnStore

/// Every crash point of every short sequence of operations, every state that a power cut there may leave,
/// and cuts inside recovery, two deep; then longer scripts, chosen by number, for as long as wanted.
///
/// Most crash bugs show with three operations or fewer, and at a sync (Mohan et al., "Finding
/// Crash-Consistency Bugs with Bounded Black-Box Crash Testing", OSDI 2018). Sequences that begin alike share
/// their crash points: each explores those of its last operation.
package struct CrashEnumeration: Instrument {
    package let name = "enumerate"
    package let unit = "states"
    package let quickCount = 60_000

    package init() {}

    package func run(share: Int, _ tally: Tally) throws {
        if share < ShortSequences.count {
            let operations = ShortSequences.sequence(share)
            try explore(
                operations, from: share == 0 ? 0 : nil, seed: UInt64(share),
                settings: EngineSettings.smallest, tally)
            // Once, early: a batch longer than a frame, which small segments never hold.
            if share == Self.largeBatchShare { try exploreLargeBatch(tally) }
            return
        }
        var random = SeededRandom(seed: UInt64(share))
        var generator = OperationGenerator(seed: random.next(), faults: false)
        let operations = (0..<60 + random.below(140)).map { _ in generator.next() }
        try explore(
            operations, from: random.below(operations.count), seed: UInt64(share), settings: nil,
            tally)
    }

    private static let largeBatchShare = 5

    private func exploreLargeBatch(_ tally: Tally) throws {
        var settings = EngineSettings.smallest
        settings.segmentByteCount = 2 << 20
        let large = EngineOperation.ValueShape(byteCount: 600_000)
        let batch = EngineOperation.commit(
            [.put(space: 0, key: 1, large), .put(space: 1, key: 2, large)], .durable, waits: true)
        let before = EngineOperation.commit(
            [.put(space: 0, key: 1, .init(byteCount: 30))], .durable, waits: true)
        try explore([before, batch], from: nil, seed: 1, settings: settings, tally)
    }

    /// Performs `operations` and explores the crash points from operation `start` on; of the last one when
    /// there is no start.
    private func explore(
        _ operations: [EngineOperation], from start: Int?, seed: UInt64, settings: StoreSettings?,
        _ tally: Tally
    ) throws {
        let run = EngineRun(seed: seed, settings: settings)
        var explorer = CrashExplorer(seed: seed, tally: tally)
        if let settings, settings.segmentByteCount > 64 << 10 {
            // Each state of a large disk costs as much as a hundred of a small one.
            (explorer.randomCount, explorer.groupCountMax, explorer.recoveryOdds) = (0, 4, 1 << 20)
        }
        let isScript = settings == nil
        // Opening makes many more changes than an operation: looked into everywhere, it would leave no time
        // for all the sequences. Founding, which comes first, and scripts look into it more often.
        if !isScript && seed != 0 { explorer.recoveryOdds = max(explorer.recoveryOdds, 800) }
        let first = start ?? operations.count - 1
        // A long script explores a few operations, or it would never end.
        let last = isScript ? min(first + 8, operations.count - 1) : operations.count - 1
        let exploration = Exploration(run: run)
        if first == 0 { exploration.begin() }
        try run.open(atLeast: 0)
        for (index, operation) in operations.enumerated() where index <= last {
            if index == first { exploration.begin() }
            try run.perform(operation)
            exploration.follow()
        }
        exploration.end()
        run.abandon()
        for (disk, moment) in exploration.points { try explorer.explore(disk, moment) }
    }
}

/// Collects what the disk and the ledger are at each change.
private final class Exploration {
    private let run: EngineRun
    private(set) var points: [(SimulatedFileSystem, CrashExplorer.Moment)] = []
    private var isOn = false
    private weak var followed: SimulatedFileSystem?

    init(run: EngineRun) { self.run = run }

    func begin() {
        isOn = true
        follow()
    }

    /// Watches the disk that the run has now: another one after each restart.
    func follow() {
        guard isOn, followed !== run.disk else { return }
        followed = run.disk
        let watcher = Watcher(exploration: self)
        run.disk.setObserver { call in
            if call.isChange { watcher.collect() }
        }
        run.onRestart = { [weak self] in self?.follow() }
        collect()
    }

    func end() {
        if isOn { collect() }
        run.disk.setObserver(nil)
        run.onRestart = nil
    }

    func collect() {
        let moment = CrashExplorer.Moment(
            ledger: run.ledger, durable: run.durable, settings: run.settings,
            wall: run.clock.millisecondsSinceEpoch, isDerivedDoubtful: run.isDerivedDoubtful)
        points.append((run.disk.copy(), moment))
    }
}

/// Lets the disk's observer, which may run anywhere, reach an exploration, which is one thread's.
private struct Watcher: @unchecked Sendable {
    weak var exploration: Exploration?

    func collect() { exploration?.collect() }
}
