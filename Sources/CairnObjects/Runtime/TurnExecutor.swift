import CairnPlatform

/// Runs an object's jobs one at a time and ends each with a commit of what it wrote.
///
/// A *turn* is one job: from a resumption to the next suspension. While it runs, the thread says
/// whose turn it is, so that storage can tell whether it is called from its own object. When it
/// ends, whatever it wrote and did not have to seal earlier is submitted as one commit.
///
/// Every job keeps the executor alive: the runtime lends executors unretained.
final class TurnExecutor: SerialExecutor {
    let core: ObjectCore
    private let queue: any ObjectQueue

    init(core: ObjectCore, queue: any ObjectQueue) {
        self.core = core
        self.queue = queue
        core.executor = self
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.enqueue { [self] in
            turn { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    func isIsolatingCurrentContext() -> Bool? { core.isCurrent }

    func checkIsolated() {
        precondition(core.isCurrent, "not on the object's executor")
    }

    /// Runs `body` as a turn of its own, behind the turns that wait already.
    func perform<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            run { continuation.resume(returning: body()) }
        }
    }

    /// The same for callers who do not wait.
    func run(_ body: @escaping @Sendable () -> Void) {
        queue.enqueue { [self] in turn(body) }
    }

    private func turn(_ body: () -> Void) {
        core.whileCurrent {
            body()
            core.endTurn()
        }
    }
}
