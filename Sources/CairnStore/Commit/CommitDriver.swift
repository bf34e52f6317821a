import CairnPlatform
import Synchronization

/// Lets a caller who blocks do the committer's next step itself, while the committer's own loop sleeps.
///
/// A caller alone would otherwise pay for two changes of thread a commit. With many callers the first one
/// drives; the others find the committer taken, wake its loop and wait, and the loop serves them together.
/// There is still one committer, and whoever has its lock is it.
///
/// Lock order: the committer's lock comes before the log's.
final class CommitDriver: Sendable {
    private let committer: Locked<Committer>
    private let loop: any BackgroundLoop
    /// Whether the loop will look again by itself soon.
    private let isTimed = Atomic(false)

    init(_ committer: Locked<Committer>, loop: any BackgroundLoop) {
        self.committer = committer
        self.loop = loop
    }

    /// How far the log has been written, once nobody steps any more.
    var position: LogPosition { committer.withLock { $0.position } }

    /// The loop's step.
    func step(_ wake: LoopWake) -> LoopStep {
        committer.withLock { committer in
            let next = committer.step(wake)
            if case .wait(let limit) = next {
                isTimed.store(limit != nil, ordering: .relaxed)
            } else {
                isTimed.store(true, ordering: .relaxed)
            }
            return next
        }
    }

    /// Does a step on the calling thread, unless somebody else is doing one.
    /// - Returns: whether something was done that may be what the caller waits for.
    func drive() -> Bool {
        let done = committer.withLockIfFree { committer in
            (next: committer.step(.called), owesPromise: committer.owesPromise)
        }
        guard let done else {
            loop.wake()
            return false
        }
        // The loop writes what is owed when nothing happens for a while.
        if done.owesPromise && !isTimed.load(ordering: .relaxed) { loop.wake() }
        return done.next == .again
    }
}
