import Synchronization

/// A count that many threads raise at once: sixteen numbers that lie apart in memory, so that adding
/// to one does not take another's cache line away.
final class StripedCounter: Sendable {
    private final class Stripe: Sendable {
        let count = Atomic<UInt64>(0)
        /// A cache line's worth between one stripe's number and the next one's.
        private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    }

    private let stripes = (0..<16).map { _ in Stripe() }

    /// Adds `amount`. Callers with different `stripe`s, of which four bits count, do not meet.
    func add(_ amount: Int, stripe: Int) {
        stripes[stripe & 15].count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// The sum. Not one moment's truth while others add.
    var value: UInt64 {
        stripes.reduce(0) { $0 &+ $1.count.load(ordering: .relaxed) }
    }
}
