public import CairnObjects
import CairnPlatform
public import CairnStore

/// A world that a seed decides: a disk, clocks, a scheduler and random numbers, all on one thread.
///
/// Everything of Cairn that runs in it (stores, objects, their gates) runs piece by piece, in an order
/// the seed chooses, on a disk whose power can be cut. The same seed gives the same run, so a failure is
/// replayed by its seed. Crash-test an object of your own:
///
///     let simulation = Simulation(seed: seed)
///     let told = try simulation.crash(telling: Int.self) { process, told in
///         let counters = try process.objects.namespace(uniqueKey: "c", of: Counter.self) { _ in }
///         while true { told.tell(try await counters.getByName("a").call { try $0.increment() }) }
///     }
///     let found = try simulation.recover { process in
///         let counters = try process.objects.namespace(uniqueKey: "c", of: Counter.self) { _ in }
///         return try await counters.getByName("a").call { try $0.value() }
///     }
///     #expect(found >= told.last ?? 0, "seed \(seed)")
///
/// What is not simulated: threads and clocks that the code under test uses by itself (`Thread`,
/// `Task.sleep`, `Task.detached`). Use one simulation from one thread; several may run side by side.
public final class Simulation: Sendable {
    /// What decides the run.
    public let seed: UInt64
    /// Time.
    public let clock: SimulatedClock
    /// Order.
    public let scheduler: SimulatedScheduler
    /// What happened, as one number.
    public let trace = Trace()
    private let random: SeededRandomSource
    private let state: Locked<State>

    private struct State {
        var disk: SimulatedFileSystem
        /// Changes after which `crash` cuts the power: about so many, at least one.
        var choices: SeededRandom
    }

    /// The directory stores are made in.
    public static let directory = "/disk"

    /// The world that `seed` stands for, with an empty disk.
    public init(seed: UInt64) {
        self.seed = seed
        clock = SimulatedClock()
        scheduler = SimulatedScheduler(seed: seed ^ 0x5CED, clock: clock, trace: trace)
        random = SeededRandomSource(seed: seed ^ 0xD1CE)
        state = Locked(
            State(
                disk: SimulatedFileSystem(directory: Self.directory, trace: trace),
                choices: SeededRandom(seed: seed)))
    }

    /// The disk as it is now; another one after each `restart`.
    public var disk: SimulatedFileSystem { state.withLock { $0.disk } }

    /// A number below `bound` that the seed chooses.
    public func choose(below bound: Int) -> Int { state.withLock { $0.choices.below(bound) } }

    /// The parts of this world that a store touches.
    public var storeComponents: StoreComponents {
        StoreComponents(fileSystem: disk, clock: clock, random: random, loops: scheduler)
    }

    /// The parts of this world that objects touch.
    /// - Parameter report: told of errors that nobody waits for.
    public func objectComponents(
        report: @escaping @Sendable (DurableObjectID, any Error) -> Void = { _, _ in }
    ) -> ObjectComponents {
        ObjectComponents(
            queues: scheduler, taskExecutor: scheduler, timer: clock, random: random,
            report: report)
    }

    /// Starts a program in this world: a store in `/disk/store` and a runtime for objects on it.
    public func boot(
        storeSettings: StoreSettings? = nil, objectSettings: ObjectSettings = ObjectSettings()
    ) throws -> SimulatedProcess {
        let store = try Store.open(
            at: Self.directory + "/store", settings: storeSettings ?? smallSegments(),
            components: storeComponents)
        return SimulatedProcess(
            store: store,
            objects: ObjectRuntime(
                store: store, settings: objectSettings, components: objectComponents()))
    }

    /// Segments small enough that everything happens often.
    private func smallSegments() -> StoreSettings {
        var settings = StoreSettings()
        settings.segmentByteCount = [16 << 10, 64 << 10, 256 << 10][choose(below: 3)]
        settings.idlePromiseDelay = .milliseconds(1 + choose(below: 20))
        return settings
    }

    /// Runs `body` as a task of this world until it has ended.
    /// - Throws: what `body` throws; `SimulationError.standsStill` when nothing can run any more and
    ///   `body` has not ended: everybody waits for somebody.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) throws -> Result {
        let outcome = Locked<Swift.Result<Result, any Error>?>(nil)
        let scheduler = scheduler
        Task(executorPreference: scheduler) {
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
        }
        scheduler.run { outcome.withLock { $0 != nil } }
        guard let result = outcome.withLock({ $0 }) else {
            throw SimulationError.standsStill(seed: seed)
        }
        return try result.get()
    }

    // MARK: Crashes

    /// Starts a program, lets it live until the power fails or it is killed, at a moment that the seed
    /// chooses, and starts the world again on what is left of the disk.
    ///
    /// `life` may go on for ever: once the power is out every call fails, and what it still does nobody
    /// hears. If it ends before, it is killed where it is, with all it has not said.
    /// - Parameters:
    ///   - changes: how many changes of the disk the power lasts at most.
    ///   - life: the program; it tells the outside world through the ledger it is given.
    /// - Returns: what the outside world had been told by then.
    /// - Throws: `SimulationError.doesNotEnd` when `life` ignores that everything fails.
    @discardableResult
    public func crash<Told: Sendable>(
        telling: Told.Type, withinChanges changes: Int = 400,
        _ life: @escaping @Sendable (SimulatedProcess, Ledger<Told>) async throws -> Void
    ) throws -> [Told] {
        let disk = disk
        let ledger = Ledger<Told>(disk: disk)
        disk.cutPower(afterChanges: choose(below: changes))
        if let process = try? boot() {
            let isOver = Locked(false)
            Task(executorPreference: scheduler) {
                // Whatever ends it, the power does too.
                try? await life(process, ledger)
                isOver.withLock { $0 = true }
            }
            scheduler.run { isOver.withLock { $0 } || !disk.hasPower }
            let wasKilled = choose(below: 4) == 0
            let left = wasKilled ? disk.afterKill() : disk.afterPowerCut(randomCut())
            disk.cutPower()
            try drain { isOver.withLock { $0 } }
            restart(on: left)
        } else {
            restart(on: disk.afterPowerCut(randomCut()))
        }
        return ledger.told
    }

    /// Starts a program on the disk as it is, runs `body` with it, and closes its store.
    public func recover<Result: Sendable>(
        _ body: @escaping @Sendable (SimulatedProcess) async throws -> Result
    ) throws -> Result {
        let process = try boot()
        let result = try run { try await body(process) }
        try run { await process.objects.shutdown() }
        try process.store.close()
        restart(on: disk.afterKill())
        return result
    }

    /// Goes on with another disk.
    public func restart(on disk: SimulatedFileSystem) { state.withLock { $0.disk = disk } }

    private func randomCut() -> PowerCut {
        switch choose(below: 8) {
        case 0: .losesEverything
        case 1: .losesNothing
        default: .random(seed: UInt64(choose(below: .max)))
        }
    }

    /// Lets everything that is going on come to its end, now that nothing works.
    private func drain(_ isOver: () -> Bool) throws {
        for _ in 0..<1_000_000 {
            if isOver() && scheduler.readyCount == 0 { return }
            guard scheduler.runOne() else {
                if isOver() { return }
                throw SimulationError.standsStill(seed: seed)
            }
        }
        throw SimulationError.doesNotEnd(seed: seed)
    }
}

/// A program in a simulated world.
public struct SimulatedProcess: Sendable {
    /// Its store.
    public let store: Store
    /// Its objects.
    public let objects: ObjectRuntime
}

/// What the outside world has been told: what is said after the power went does not count.
public final class Ledger<Told: Sendable>: Sendable {
    private let disk: SimulatedFileSystem
    private let entries = Locked<[Told]>([])

    init(disk: SimulatedFileSystem) { self.disk = disk }

    /// Tells the outside world.
    public func tell(_ entry: Told) {
        guard disk.hasPower else { return }
        entries.withLock { $0.append(entry) }
    }

    /// Everything it has been told, in order.
    public var told: [Told] { entries.withLock { $0 } }
}

/// Why a simulation cannot go on.
public enum SimulationError: Error, Hashable, CustomStringConvertible {
    /// Nothing can run and nothing is scheduled, but not everybody has ended: a deadlock.
    case standsStill(seed: UInt64)
    /// The code under test goes on although every call fails.
    case doesNotEnd(seed: UInt64)

    /// What happened, and with which seed.
    public var description: String {
        switch self {
        case .standsStill(let seed):
            "seed \(seed): nothing can run any more, but somebody still waits"
        case .doesNotEnd(let seed):
            "seed \(seed): the program goes on for ever although the power is out"
        }
    }
}
