public import CairnObjects
public import CairnPlatform

/// Time that passes only when it is told to: a monotonic clock and a wall clock that may jump.
///
/// What was scheduled happens in the order of its deadlines, then in the order it was scheduled.
/// Whoever advances the clock runs it, on the calling thread.
public final class SimulatedClock: WallClock, MonotonicClock, ObjectTimer {
    /// A number by which something scheduled can be taken back.
    public struct Appointment: Hashable, Sendable {
        fileprivate let deadline: Duration
        fileprivate let number: Int
    }

    private struct State {
        var now = Duration.zero
        /// Wall clock minus monotonic clock, in milliseconds since the epoch.
        var wallOffset: Int64
        var next = 0
        var appointments: [Appointment: @Sendable () -> Void] = [:]
    }

    private let state: Locked<State>

    /// Starts at `wall` milliseconds since the epoch.
    public init(wall: Int64 = 1_700_000_000_000) { state = Locked(State(wallOffset: wall)) }

    /// Time since the simulation began, which never goes back.
    public var now: Duration { state.withLock { $0.now } }

    /// The same in nanoseconds.
    public var nanosecondsSinceStart: UInt64 {
        let (seconds, attoseconds) = now.components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    /// The wall clock, which jumps with `jumpWall`.
    public var millisecondsSinceEpoch: Int64 {
        state.withLock { $0.wallOffset + $0.now.wholeMilliseconds }
    }

    /// Sets the wall clock forward or, with a negative number, back. No time passes.
    public func jumpWall(byMilliseconds jump: Int64) {
        state.withLock { $0.wallOffset += jump }
    }

    /// When the next scheduled thing is due.
    public var nextDeadline: Duration? {
        state.withLock { state in state.appointments.keys.map(\.deadline).min() }
    }

    /// Runs `action` when `delay` has passed.
    @discardableResult
    public func schedule(
        after delay: Duration, _ action: @escaping @Sendable () -> Void
    ) -> Appointment {
        state.withLock { state in
            state.next += 1
            let appointment = Appointment(
                deadline: state.now + max(delay, .zero), number: state.next)
            state.appointments[appointment] = action
            return appointment
        }
    }

    /// Takes back what has not happened yet; returns whether it had not.
    @discardableResult
    public func cancel(_ appointment: Appointment) -> Bool {
        state.withLock { $0.appointments.removeValue(forKey: appointment) != nil }
    }

    /// Lets `duration` pass.
    public func advance(by duration: Duration) { advance(to: now + duration) }

    /// Lets time pass until the next scheduled thing, and runs it and all that is due with it.
    /// - Returns: false when nothing is scheduled.
    @discardableResult
    public func advanceToNextDeadline() -> Bool {
        guard let deadline = nextDeadline else { return false }
        advance(to: deadline)
        return true
    }

    private func advance(to end: Duration) {
        while let action = takeNext(until: end) { action() }
        state.withLock { $0.now = max($0.now, end) }
    }

    /// The first thing due up to `end`, with the clock set to when it is due.
    private func takeNext(until end: Duration) -> (@Sendable () -> Void)? {
        state.withLock { state in
            let due = state.appointments.keys.filter { $0.deadline <= end }
            guard let first = due.min(by: { ($0.deadline, $0.number) < ($1.deadline, $1.number) })
            else { return nil }
            state.now = max(state.now, first.deadline)
            return state.appointments.removeValue(forKey: first)
        }
    }

    /// Returns when `duration` has passed, or throws when the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        let sleeper = Locked(Sleeper())
        let appointment = schedule(after: duration) { Self.wake(sleeper, nil) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = sleeper.withLock { sleeper in
                    if !sleeper.isOver { sleeper.continuation = continuation }
                    return sleeper.isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            cancel(appointment)
            Self.wake(sleeper, CancellationError())
        }
        if let error = sleeper.withLock({ $0.error }) { throw error }
    }

    private struct Sleeper {
        var isOver = false
        var error: (any Error)?
        var continuation: CheckedContinuation<Void, Never>?
    }

    private static func wake(_ sleeper: Locked<Sleeper>, _ error: (any Error)?) {
        let continuation = sleeper.withLock { sleeper in
            if !sleeper.isOver { sleeper.error = error }
            sleeper.isOver = true
            defer { sleeper.continuation = nil }
            return sleeper.continuation
        }
        continuation?.resume()
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
