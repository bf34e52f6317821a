import Foundation

/// One job on an engine that is open: what its threads share.
struct JobRun: Sendable {
    private let job: Job
    private let data: DataSet
    private let tallies: TallyPool
    private let warmSeconds: Double?
    private let seconds: Double
    let finish: FinishLine

    init(_ job: Job, _ assignment: Assignment, _ data: DataSet, _ tallies: TallyPool) {
        self.job = job
        self.data = data
        self.tallies = tallies
        seconds = job.workload.isFinite ? assignment.secondsMax : assignment.seconds
        // Who reads warms up first, for a fifth of the time.
        warmSeconds = job.workload.stage == .read ? seconds * 0.2 : nil
        finish = FinishLine(job, tallies.take())
    }

    /// What one thread does. When this returns its session has ended.
    func work(_ lane: Int, of engine: any Engine, seed: Int) {
        do {
            let caller = Caller(
                try engine.session(), data, lane: lane, of: job.callers, seed: seed, tallies.take())
            if let warmSeconds {
                _ = try caller.run(job.workload, seconds: warmSeconds)
                caller.tally.reset()
            }
            let isThrough = try caller.run(job.workload, seconds: seconds)
            finish.arrive(caller.tally, isComplete: isThrough || !job.workload.isFinite)
            tallies.giveBack(caller.tally)
            try caller.verify(after: job.workload)
            if job.workload == .fillrandom, !isThrough { try caller.load() }
        } catch {
            finish.fail(error)
        }
    }
}
