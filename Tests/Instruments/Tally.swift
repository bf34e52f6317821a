import CairnPlatform

/// What an instrument has tried so far, and what was wrong. Shared by its threads.
package final class Tally: Sendable {
    private struct State {
        var count = 0
        var violations: [Violation] = []
        var visited: [String: Int] = [:]
        var skipped: [String: Int] = [:]
        var digest: UInt64?
    }

    private let state = Locked(State())

    package init() {}

    /// Counts units of work.
    package func count(_ number: Int = 1) { state.withLock { $0.count += number } }

    /// Counts that a place was visited: `synchronize × inputOutput`.
    package func visit(_ place: String, _ number: Int = 1) {
        state.withLock { $0.visited[place, default: 0] += number }
    }

    /// Counts what this machine does not allow, with the reason.
    package func skip(_ reason: String) { state.withLock { $0.skipped[reason, default: 0] += 1 } }

    /// Notes the trace of a share that repeats itself.
    package func note(digest: UInt64) { state.withLock { $0.digest = digest } }

    package func add(_ violation: Violation) { state.withLock { $0.violations.append(violation) } }

    /// The trace of the last share that had one.
    package var digest: UInt64? { state.withLock { $0.digest } }
    package var count: Int { state.withLock { $0.count } }
    package var violations: [Violation] { state.withLock { $0.violations } }
    /// Places and how often each was visited.
    package var visited: [String: Int] { state.withLock { $0.visited } }
    /// What could not be tried here, and how often.
    package var skipped: [String: Int] { state.withLock { $0.skipped } }
}
