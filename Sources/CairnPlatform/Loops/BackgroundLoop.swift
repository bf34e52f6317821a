/// A loop that goes on beside its callers, cut into steps that never wait.
///
/// Cut so that it can run on a thread of its own or, in a simulation, step by step on the one thread
/// there is, in an order that a seed decides.
public protocol BackgroundLoop: Sendable {
    /// Begins to run `step` again and again. Call it once; a `wake` that came before is not lost.
    func start(_ step: @escaping @Sendable (LoopWake) -> LoopStep)
    /// Makes the loop look again. Never blocks. During a step it counts too: the step is run again.
    func wake()
    /// Returns once a step has said `.end`. Blocks, or helps: see `LoopProvider.help`.
    func join()
}

/// What comes after a loop's step.
public enum LoopStep: Sendable, Hashable {
    /// There may be more to do at once.
    case again
    /// Nothing to do until somebody wakes the loop or, where one is given, `limit` has passed.
    case wait(limit: Duration?)
    /// The loop has ended.
    case end
}

/// Why a loop's step runs.
public enum LoopWake: Sendable, Hashable {
    /// It has just begun, said `.again`, or somebody woke it.
    case called
    /// The limit of its wait has passed and nobody woke it.
    case timedOut
}

/// Makes background loops.
public protocol LoopProvider: Sendable {
    /// A loop that has not begun yet.
    /// - Parameter name: what debuggers and profilers show, 15 bytes at most.
    func makeLoop(name: String) -> any BackgroundLoop
    /// What a caller runs, again and again, while it waits for something that a loop does; `nil` when
    /// the loops have threads of their own and the caller only blocks.
    var help: (@Sendable () -> Void)? { get }
}
