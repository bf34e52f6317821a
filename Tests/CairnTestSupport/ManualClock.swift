import CairnPlatform
import Synchronization

/// A wall clock that a test sets.
package final class ManualClock: WallClock {
    private let now: Atomic<Int64>

    /// Starts at `now` milliseconds since the epoch.
    package init(now: Int64 = 1_000_000) { self.now = Atomic(now) }

    package var millisecondsSinceEpoch: Int64 { now.load(ordering: .relaxed) }

    /// Moves the clock by `milliseconds`, in either direction.
    package func advance(by milliseconds: Int64) {
        now.wrappingAdd(milliseconds, ordering: .relaxed)
    }
}
