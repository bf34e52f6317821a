import CairnPlatform
import CairnSimulation
import CairnStore

/// Checks what is left of a store after a power cut: every state the disk may be in, and the states after
/// a second and a third cut while the store is being opened.
struct CrashExplorer {
    /// How deep to look: cuts while opening are explored for one in so many states.
    var recoveryOdds = 24
    var randomCount = 8
    var groupCountMax = 64
    let tally: Tally
    private(set) var random: SeededRandom

    init(seed: UInt64, tally: Tally) {
        random = SeededRandom(seed: seed)
        self.tally = tally
    }

    /// What the ledger says at the moment of the cut.
    struct Moment {
        let ledger: CommitLedger
        let durable: UInt64
        let settings: StoreSettings
        let wall: Int64
        let isDerivedDoubtful: Bool
    }

    /// Checks every state that a cut now could leave.
    mutating func explore(_ disk: SimulatedFileSystem, _ moment: Moment, depth: Int = 1) throws {
        let states = disk.crashStates(
            seed: random.next(), randomCount: randomCount, groupCountMax: groupCountMax)
        for state in states { try explore(state: state, moment, depth, recoveryOdds) }
        // A kill leaves everything in the kernel, not yet synced. What comes after that is looked at more
        // often: it is one state among many, and the only one that a later cut can still change.
        try explore(state: disk.copy(), moment, depth, max(1, recoveryOdds / 8))
    }

    private mutating func explore(
        state: SimulatedFileSystem, _ moment: Moment, _ depth: Int, _ odds: Int
    ) throws {
        tally.count()
        tally.visit("depth \(depth)")
        if depth < 3 && random.oneIn(odds) {
            try exploreRecovery(of: state.copy(), moment, depth: depth + 1)
        }
        try check(state, moment)
    }

    /// Opens a store on `disk` and explores the cuts at each change that opening makes.
    private mutating func exploreRecovery(
        of disk: SimulatedFileSystem, _ moment: Moment, depth: Int
    ) throws {
        try chooseWay(disk)
        let kept = Locked<[SimulatedFileSystem]>([])
        disk.setObserver { call in
            if call.isChange { kept.withLock { $0.append(disk.copy()) } }
        }
        let run = try reopen(disk, moment)
        disk.setObserver(nil)
        run.abandon()
        var shallow = self
        shallow.randomCount = 2
        shallow.recoveryOdds = recoveryOdds * 4
        let snapshots = kept.withLock { $0 }
        for snapshot in snapshots { try shallow.explore(snapshot, moment, depth: depth) }
        random = shallow.random
    }

    /// All ways there are to the index lead to the same.
    private mutating func chooseWay(_ disk: SimulatedFileSystem) throws {
        let changes: [DerivedChange] = [
            .removeCheckpoint, .removeAllRuns, .removeSomeRuns(seed: random.next()),
        ]
        if random.oneIn(4) { try changes[random.below(3)].apply(to: disk, older: [:]) }
    }

    private func reopen(
        _ disk: SimulatedFileSystem, _ moment: Moment
    ) throws -> EngineRun {
        let run = EngineRun(seed: 1, settings: moment.settings)
        try run.adopt(disk, moment)
        return run
    }

    /// Opens the store that is left, compares all it holds, and sees that it goes on.
    private mutating func check(_ disk: SimulatedFileSystem, _ moment: Moment) throws {
        try chooseWay(disk)
        let run = try reopen(disk, moment)
        tally.visit("opened by \(run.store?.opening.path.rawValue ?? "nothing")")
        defer { run.abandon() }
        if random.oneIn(2) {
            // What has been served must be durable.
            try run.perform(.powerCut(.losesEverything, settings: 0))
        } else {
            let put = EngineOperation.Change.put(space: 0, key: 9, .init(byteCount: 40))
            try run.perform(.commit([put], .durable, waits: true))
            try run.perform(.powerCut(.losesEverything, settings: 0))
        }
    }
}
