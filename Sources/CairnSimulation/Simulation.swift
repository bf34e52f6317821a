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
/// `Task.sleep`, `Task.yield`, `Task.detached`). In their place there are `clock.sleep`,
/// `scheduler.yield` and `Task(executorPreference: simulation.scheduler)`; a plain `Task { }` passes
/// through Swift's own pool after each wait, and the run is no longer the seed's alone. Nothing stops a
/// loop that never awaits. Use one simulation from one thread; several may run side by side.
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
    private let pieceCountMax: Int
    private let timeMax: Duration

    private struct State {
        var disk: SimulatedFileSystem
        var choices: SeededRandom
    }

    /// The directory stores are made in.
    public static let directory = "/disk"

    /// The world that `seed` stands for, with an empty disk.
    /// - Parameters:
    ///   - pieceCountMax: pieces after which one `run`, or one life, counts as endless.
    ///   - timeMax: simulated time after which it counts as standing still.
    public init(
        seed: UInt64, pieceCountMax: Int = 10_000_000, timeMax: Duration = .seconds(7 * 86_400)
    ) {
        self.seed = seed
        self.pieceCountMax = pieceCountMax
        self.timeMax = timeMax
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
        StoreComponents(
            fileSystem: disk, clock: clock, monotonicClock: clock, random: random, loops: scheduler)
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

    // MARK: Running

    /// Runs `body` as a task of this world until it has ended.
    /// - Throws: what `body` throws; `SimulationError.standsStill` when `body` waits for what never
    ///   comes, `.doesNotEnd` when it goes on and on. It is cancelled then, and left where it is.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) throws -> Result {
        let life = start(body)
        let end = advance(pieceCountMax) { life.outcome != nil }
        guard let outcome = life.outcome else {
            life.task.cancel()
            scheduler.runReady()
            throw end == .worksOn
                ? SimulationError.doesNotEnd(seed: seed) : .standsStill(seed: seed)
        }
        return try outcome.get()
    }

    private struct Life<Value: Sendable>: Sendable {
        let task: Task<Void, Never>
        let result: Locked<Result<Value, any Error>?>
        var outcome: Result<Value, any Error>? { result.withLock { $0 } }

        /// What it threw, if that was not because of the power.
        func failure(on disk: SimulatedFileSystem) -> (any Error)? {
            guard disk.hasPower, case .failure(let error) = outcome else { return nil }
            return error
        }
    }

    private enum End {
        case isOver
        case standsStill
        case worksOn
    }

    private func start<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) -> Life<Value> {
        let outcome = Locked<Result<Value, any Error>?>(nil)
        let task = Task(executorPreference: scheduler) {
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
        }
        return Life(task: task, result: outcome)
    }

    /// Runs pieces until `isOver` says so, nothing can run, or patience ends.
    private func advance(_ pieceCount: Int, until isOver: () -> Bool) -> End {
        let deadline = clock.now + timeMax
        for _ in 0..<pieceCount {
            if isOver() { return .isOver }
            // A runtime's sweep goes on for ever: time that passes is not progress.
            guard scheduler.runOne(), clock.now < deadline else {
                return isOver() ? .isOver : .standsStill
            }
        }
        return isOver() ? .isOver : .worksOn
    }

    // MARK: Crashes

    /// Starts a program, lets it live until the power fails or it is killed, at a moment that the seed
    /// chooses, and starts the world again on what is left of the disk.
    ///
    /// `life` may go on for ever: once the power is out every call fails, its task is cancelled, and
    /// what it still does nobody hears. If it ends before, it is killed where it is, with all it has not
    /// said.
    /// - Parameters:
    ///   - changes: how many changes of the disk the power lasts at most.
    ///   - storeSettings: small segments by default, so that everything happens often.
    ///   - life: the program; it tells the outside world through the ledger it is given.
    /// - Returns: what the outside world had been told by then.
    /// - Throws: what `life` throws while there is power; what opening the store throws then;
    ///   `SimulationError.standsStill` when `life` waits for what never comes, and `.doesNotEnd` when it
    ///   ignores that everything fails.
    @discardableResult
    public func crash<Told: Sendable>(
        telling: Told.Type, withinChanges changes: Int = 400, storeSettings: StoreSettings? = nil,
        objectSettings: ObjectSettings = ObjectSettings(),
        _ life: @escaping @Sendable (SimulatedProcess, Ledger<Told>) async throws -> Void
    ) throws -> [Told] {
        let disk = disk
        let ledger = Ledger<Told>(disk: disk)
        disk.cutPower(afterChanges: choose(below: changes))
        let process: SimulatedProcess
        do {
            process = try boot(storeSettings: storeSettings, objectSettings: objectSettings)
        } catch {
            guard !disk.hasPower else { throw error }
            restart(on: disk.afterPowerCut(randomCut()))
            return []
        }
        let running = start { try await life(process, ledger) }
        let end = advance(pieceCountMax) { running.outcome != nil || !disk.hasPower }
        // Only a loop that changes nothing lasts longer than the power: that is no mistake.
        let mistake: (any Error)? =
            end == .standsStill
            ? SimulationError.standsStill(seed: seed) : running.failure(on: disk)
        let left = choose(below: 4) == 0 ? disk.afterKill() : disk.afterPowerCut(randomCut())
        disk.cutPower()
        try bury(process, running.task) { running.outcome != nil }
        restart(on: left)
        if let mistake { throw mistake }
        return ledger.told
    }

    /// Starts a program on the disk as it is, runs `body` with it, and closes its store.
    /// - Throws: what `body` throws, as `run`; what opening or closing the store throws. The program
    ///   counts as killed then.
    public func recover<Result: Sendable>(
        storeSettings: StoreSettings? = nil, objectSettings: ObjectSettings = ObjectSettings(),
        _ body: @escaping @Sendable (SimulatedProcess) async throws -> Result
    ) throws -> Result {
        let process = try boot(storeSettings: storeSettings, objectSettings: objectSettings)
        let disk = disk
        defer { restart(on: disk.afterKill()) }
        do {
            let result = try run {
                let result = try await body(process)
                await process.objects.shutdown()
                return result
            }
            try process.store.close()
            return result
        } catch {
            disk.cutPower()
            process.objects.resetAll()
            scheduler.runReady()
            throw error
        }
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

    /// Lets everything that is going on come to its end, now that nothing works: whoever waits for an
    /// object or for time is told, so that no task stays behind.
    private func bury(
        _ process: SimulatedProcess, _ life: Task<Void, Never>, _ isOver: () -> Bool
    ) throws {
        life.cancel()
        process.objects.resetAll()
        let limit = min(1_000_000, pieceCountMax)
        switch advance(limit, until: { isOver() && scheduler.readyCount == 0 }) {
        case .isOver: break
        case .standsStill: throw SimulationError.standsStill(seed: seed)
        case .worksOn: throw SimulationError.doesNotEnd(seed: seed)
        }
        // The runtime's own sweep ends here.
        try run { await process.objects.shutdown(limit: .zero) }
        scheduler.runReady()
    }
}
