import Synchronization

/// Where the threads of a job meet: the last to arrive takes the time and the memory.
final class FinishLine: Sendable {
    /// What the job came to.
    struct Outcome: Sendable {
        let job: Job
        var tally: Tally
        var isComplete = true
        var wallSeconds = 0.0
        var processorSeconds = 0.0
        var usage: ProcessUsage?

        /// Time in the engine, of an average thread.
        var seconds: Double { Double(tally.nanoseconds) / 1e9 / Double(job.callers) }
    }

    private struct State: Sendable {
        var outcome: Outcome
        var missing: Int
        var error: (any Error)?
    }

    private let state: Mutex<State>
    private let start = Tally.now
    private let processorStart = ProcessUsage.processorSeconds

    init(_ job: Job, _ tally: Tally) {
        state = Mutex(State(outcome: Outcome(job: job, tally: tally), missing: job.callers))
    }

    /// A thread has done its part.
    func arrive(_ tally: Tally, isComplete: Bool) {
        state.withLock { state in
            state.outcome.tally.add(tally)
            state.outcome.isComplete = state.outcome.isComplete && isComplete
            state.missing -= 1
            guard state.missing == 0 else { return }
            state.outcome.wallSeconds = Double(Tally.now - start) / 1e9
            state.outcome.processorSeconds = ProcessUsage.processorSeconds - processorStart
            state.outcome.usage = .now()
        }
    }

    /// A thread has failed, before or after it arrived.
    func fail(_ error: any Error) { state.withLock { $0.error = error } }

    /// What there is when all threads have ended.
    func outcome() throws -> Outcome {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.outcome
        }
    }
}
