import Synchronization

/// So many signals, then none: for rules of a `FaultyFileSystem`.
package final class Interruptions: Sendable {
    private let left: Atomic<Int>

    package init(_ count: Int) { left = Atomic(count) }

    package func reset(_ count: Int) { left.store(count, ordering: .relaxed) }

    /// EINTR while any are left.
    package func next() -> Int32? {
        left.wrappingSubtract(1, ordering: .relaxed).newValue >= 0 ? 4 : nil
    }
}
