public import CairnPlatform

/// The parts of the outside world that objects touch. A simulation passes its own.
public struct ObjectComponents: Sendable {
    /// Makes the objects' queues.
    public var queues: any ObjectQueueProvider
    /// Where the runtime's own tasks run; `nil` for Swift's pool.
    public var taskExecutor: (any TaskExecutor)?
    /// Measures idleness and limits.
    public var timer: any ObjectTimer
    /// Makes unique ids.
    public var random: any RandomSource
    /// Told of errors that nobody waits for: what a WebSocket's handler throws.
    public var report: @Sendable (DurableObjectID, any Error) -> Void

    /// Collects the parts; by default Dispatch and the operating system's, and nobody is told.
    public init(
        queues: any ObjectQueueProvider = DispatchQueueProvider(),
        taskExecutor: (any TaskExecutor)? = nil,
        timer: any ObjectTimer = SystemObjectTimer(),
        random: any RandomSource = SystemRandomSource(),
        report: @escaping @Sendable (DurableObjectID, any Error) -> Void = { _, _ in }
    ) {
        self.queues = queues
        self.taskExecutor = taskExecutor
        self.timer = timer
        self.random = random
        self.report = report
    }
}

/// Makes one serial queue for each live object.
public protocol ObjectQueueProvider: Sendable {
    /// A new queue that runs its blocks one after the other, in order.
    func makeQueue() -> any ObjectQueue
}

/// Runs blocks one after the other, in the order they came, on some thread.
public protocol ObjectQueue: Sendable {
    /// Runs `block` after all blocks before it. Never runs it before returning.
    func enqueue(_ block: @escaping @Sendable () -> Void)
}

/// Tells how much time has passed, whatever the wall clock does.
public protocol ObjectTimer: Sendable {
    /// Time since some fixed point.
    var now: Duration { get }
    /// Returns after `duration`, or throws when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

/// The operating system's monotonic clock.
public struct SystemObjectTimer: ObjectTimer {
    private let start = ContinuousClock.now

    /// Starts counting.
    public init() {}

    /// Time since this timer was made.
    public var now: Duration { ContinuousClock.now - start }

    /// Sleeps without blocking a thread.
    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration)
    }
}
