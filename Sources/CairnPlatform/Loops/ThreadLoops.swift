import Synchronization

/// Loops on threads of their own, one each: how a store runs outside simulations.
public struct ThreadLoops: LoopProvider {
    /// Creates a provider.
    public init() {}

    /// A loop whose thread begins with `start`.
    public func makeLoop(name: String) -> any BackgroundLoop { ThreadLoop(name: name) }

    /// Callers block.
    public var help: (@Sendable () -> Void)? { nil }
}

/// One thread that runs a step, and sleeps while there is nothing to do.
///
/// Waking a loop that is awake already costs one atomic exchange: commits do it by the hundred while the
/// committer syncs. Whoever finds it asleep takes the lock once, so that the sleeper, which looks at the flag
/// under it, cannot miss the signal.
private final class ThreadLoop: BackgroundLoop {
    /// What the thread and its callers share.
    private final class Bed: Sendable {
        let isAwake = Atomic(false)
        let lock = Locked(())
    }

    private let name: String
    private let bed = Bed()
    private let thread = Locked<DedicatedThread?>(nil)

    init(name: String) { self.name = name }

    func start(_ step: @escaping @Sendable (LoopWake) -> LoopStep) {
        let bed = bed
        let started = DedicatedThread(name: name) {
            var wake = LoopWake.called
            while true {
                switch step(wake) {
                case .again: wake = .called
                case .wait(let limit): wake = Self.sleep(in: bed, limit)
                case .end: return
                }
            }
        }
        thread.withLock { $0 = started }
    }

    func wake() {
        guard !bed.isAwake.exchange(true, ordering: .acquiringAndReleasing) else { return }
        bed.lock.withLock { _ in }
        bed.lock.wakeWaiters()
    }

    func join() { thread.withLock { $0 }?.join() }

    private static func sleep(in bed: Bed, _ limit: Duration?) -> LoopWake {
        if let limit {
            bed.lock.withLock(
                when: { _ in bed.isAwake.load(ordering: .acquiring) }, orAfter: limit, { _ in })
        } else {
            bed.lock.withLock(when: { _ in bed.isAwake.load(ordering: .acquiring) }, { _ in })
        }
        return bed.isAwake.exchange(false, ordering: .acquiringAndReleasing) ? .called : .timedOut
    }
}
