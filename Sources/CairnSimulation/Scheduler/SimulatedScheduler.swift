public import CairnObjects
public import CairnPlatform

/// Runs everything that would otherwise run on threads, one piece at a time, on the thread that asks,
/// in an order that a seed decides: a store's loops, objects' queues, and Swift tasks.
///
/// It takes three places: `LoopProvider` for stores, `ObjectQueueProvider` for objects in place of
/// Dispatch, `TaskExecutor` for tasks in place of Swift's pool. Nothing runs by itself: `runOne` runs one
/// piece, and time passes only when nothing else can run, or, now and then, to show what a stalled
/// thread would see.
///
/// Invariants
/// - A queue's blocks run one after the other, in order; a loop's steps too. Apart from that any order
///   may come.
/// - While a caller waits inside a piece, only loops run (`help`): tasks and turns never nest.
public final class SimulatedScheduler: Sendable {
    private enum Piece {
        /// A step of a loop.
        case step(SimulatedLoop)
        /// The next block of a queue.
        case turn(SimulatedQueue)
        /// A job of a task.
        case job(@Sendable () -> Void)

        var loop: SimulatedLoop? {
            if case .step(let loop) = self { loop } else { nil }
        }
    }

    private struct State {
        var random: SeededRandom
        var ready: [Piece] = []
        var names = 0
    }

    /// What time it is.
    public let clock: SimulatedClock
    /// The choices made so far.
    public let trace: Trace
    private let state: Locked<State>
    /// Once in so many pieces time passes although something could run.
    private static let stallOdds = 64
    /// At most so much time passes in a stall: a timer that is further off does not fire early.
    private static let stallLimit = Duration.milliseconds(100)

    /// A scheduler that makes the choices `seed` stands for.
    public init(seed: UInt64, clock: SimulatedClock, trace: Trace = Trace()) {
        self.clock = clock
        self.trace = trace
        state = Locked(State(random: SeededRandom(seed: seed)))
    }

    /// How many pieces could run now.
    public var readyCount: Int { state.withLock { $0.ready.count } }

    /// Lets anything else that can run go first. In place of `Task.yield()`, which goes through Swift's
    /// own pool and is therefore not simulated.
    public func yield() async {
        await withCheckedContinuation { continuation in add { continuation.resume() } }
    }

    /// Runs one piece, or lets time pass until something is due.
    /// - Returns: false when nothing can run and nothing is scheduled: the simulation stands still.
    public func runOne() -> Bool {
        if isStalling { return clock.advanceToNextDeadline() }
        guard let piece = take() else { return clock.advanceToNextDeadline() }
        run(piece)
        return true
    }

    /// Runs pieces until `isDone` says so.
    /// - Returns: false when the simulation stands still before that.
    @discardableResult
    public func run(until isDone: () -> Bool) -> Bool {
        while !isDone() {
            guard runOne() else { return isDone() }
        }
        return true
    }

    /// Runs all that can run without time passing.
    public func runReady() {
        while let piece = take() { run(piece) }
    }

    private var isStalling: Bool {
        guard let deadline = clock.nextDeadline, deadline - clock.now <= Self.stallLimit else {
            return false
        }
        return state.withLock { !$0.ready.isEmpty && $0.random.oneIn(Self.stallOdds) }
    }

    /// Chooses among what is ready, or among the loops alone, and takes it out.
    private func take(onlyLoops: Bool = false) -> Piece? {
        let (piece, choice) = state.withLock { state -> (Piece?, Int) in
            let eligible = state.ready.indices.filter {
                !onlyLoops || state.ready[$0].loop != nil
            }
            guard !eligible.isEmpty else { return (nil, 0) }
            let index = eligible[state.random.below(eligible.count)]
            return (state.ready.remove(at: index), index)
        }
        if piece != nil { trace.note(UInt64(choice)) }
        return piece
    }

    private func run(_ piece: Piece) {
        switch piece {
        case .job(let job): job()
        case .step(let loop): loop.run()
        case .turn(let queue): queue.runNext()
        }
    }

    private func add(_ piece: Piece) { state.withLock { $0.ready.append(piece) } }

    func add(_ loop: SimulatedLoop) { add(.step(loop)) }
    func add(_ queue: SimulatedQueue) { add(.turn(queue)) }
    func add(_ job: @escaping @Sendable () -> Void) { add(.job(job)) }

    /// Runs one step of a loop for a caller who waits.
    func runLoop() {
        if let piece = take(onlyLoops: true) {
            run(piece)
            return
        }
        // A loop may only be waiting for its time.
        precondition(
            clock.advanceToNextDeadline(),
            "the simulation stands still: a caller waits for a loop that nothing will wake")
    }
}

extension SimulatedScheduler: LoopProvider {
    /// A loop whose steps this scheduler runs.
    public func makeLoop(name: String) -> any BackgroundLoop { SimulatedLoop(scheduler: self) }

    /// Callers run steps of loops while they wait.
    public var help: (@Sendable () -> Void)? { { [self] in runLoop() } }
}

extension SimulatedScheduler: TaskExecutor {
    /// Takes a job of a task.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        add { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}

extension SimulatedScheduler: ObjectQueueProvider {
    /// A queue whose blocks this scheduler runs.
    public func makeQueue() -> any ObjectQueue { SimulatedQueue(scheduler: self) }
}
