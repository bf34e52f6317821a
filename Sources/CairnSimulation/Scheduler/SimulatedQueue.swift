import CairnObjects
import CairnPlatform
import DequeModule

/// A serial queue whose blocks run when the scheduler chooses it.
final class SimulatedQueue: ObjectQueue {
    private let scheduler: SimulatedScheduler
    private let blocks = Locked<Deque<@Sendable () -> Void>>([])

    init(scheduler: SimulatedScheduler) { self.scheduler = scheduler }

    func enqueue(_ block: @escaping @Sendable () -> Void) {
        let isFirst = blocks.withLock { blocks in
            blocks.append(block)
            return blocks.count == 1
        }
        if isFirst { scheduler.add(self) }
    }

    /// Runs the first block; it leaves the queue afterwards, so that nothing else of it runs meanwhile.
    func runNext() {
        blocks.withLock { $0.first }?()
        let hasMore = blocks.withLock { blocks in
            blocks.removeFirst()
            return !blocks.isEmpty
        }
        if hasMore { scheduler.add(self) }
    }
}
