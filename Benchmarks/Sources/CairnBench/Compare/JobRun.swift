import Foundation

/// One job on an engine that is open: what its threads share.
struct JobRun: Sendable {
    private let job: Job
    private let data: DataSet
    private let tallies: TallyPool
    private let warmEnd: UInt64?
    private let deadline: UInt64
    let finish: FinishLine

    init(_ job: Job, _ assignment: Assignment, _ data: DataSet, _ tallies: TallyPool) {
        self.job = job
        self.data = data
        self.tallies = tallies
        let start = Tally.now
        let seconds = job.workload.isFinite ? assignment.secondsMax : assignment.seconds
        // Who reads warms up first, for a fifth of the time.
        warmEnd = job.workload.stage == .read ? start + UInt64(seconds * 0.2e9) : nil
        deadline = (warmEnd ?? start) + UInt64(seconds * 1e9)
        finish = FinishLine(job, tallies.take())
    }

    /// What one thread does. When this returns its session has ended.
    func work(_ lane: Int, of engine: any Engine, seed: Int) {
        do {
            let caller = Caller(
                try engine.session(), data, lane: lane, of: job.callers, seed: seed, tallies.take())
            if let warmEnd {
                _ = try caller.run(job.workload, until: warmEnd)
                caller.tally.reset()
            }
            let isThrough = try caller.run(job.workload, until: deadline)
            finish.arrive(caller.tally, isComplete: isThrough || !job.workload.isFinite)
            tallies.giveBack(caller.tally)
            try caller.verify(after: job.workload)
            if job.workload == .fillrandom, !isThrough { try caller.load() }
        } catch {
            finish.fail(error)
        }
    }
}
