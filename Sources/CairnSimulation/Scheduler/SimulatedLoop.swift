import CairnPlatform

/// A loop that runs when the scheduler chooses it.
final class SimulatedLoop: BackgroundLoop {
    private struct State {
        var step: (@Sendable (LoopWake) -> LoopStep)?
        /// In the scheduler's list, or running.
        var isReady = false
        var wasWoken = false
        var hasEnded = false
        var wake = LoopWake.called
        var alarm: SimulatedClock.Appointment?
    }

    private let scheduler: SimulatedScheduler
    private let state = Locked(State())

    init(scheduler: SimulatedScheduler) { self.scheduler = scheduler }

    func start(_ step: @escaping @Sendable (LoopWake) -> LoopStep) {
        state.withLock { $0.step = step }
        makeReady(.called)
    }

    func wake() { makeReady(.called) }

    func join() {
        while !state.withLock({ $0.hasEnded }) { scheduler.runLoop() }
    }

    private func makeReady(_ wake: LoopWake) {
        let (isNew, alarm) = state.withLock { state -> (Bool, SimulatedClock.Appointment?) in
            guard !state.hasEnded else { return (false, nil) }
            state.wasWoken = state.wasWoken || wake == .called
            guard state.step != nil, !state.isReady else { return (false, nil) }
            state.isReady = true
            state.wake = wake
            defer { state.alarm = nil }
            return (true, state.alarm)
        }
        if let alarm { scheduler.clock.cancel(alarm) }
        if isNew { scheduler.add(self) }
    }

    func run() {
        let (step, wake) = state.withLock { state in
            defer { state.wasWoken = false }
            return (state.step, state.wasWoken ? .called : state.wake)
        }
        guard let step else { return }
        let next = step(wake)
        let goesOn = state.withLock { state -> Bool in
            state.wake = .called
            switch next {
            case .again: return true
            case .end:
                state.hasEnded = true
                state.step = nil
                state.isReady = false
                return false
            case .wait:
                state.isReady = state.wasWoken
                return state.wasWoken
            }
        }
        if goesOn {
            scheduler.add(self)
        } else if case .wait(let limit?) = next {
            let alarm = scheduler.clock.schedule(after: limit) { [self] in makeReady(.timedOut) }
            state.withLock { $0.alarm = alarm }
        }
    }
}
