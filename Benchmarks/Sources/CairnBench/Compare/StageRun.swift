import BenchData
import Foundation

/// Does an assignment, in a process of its own.
struct StageRun {
    private let assignment: Assignment
    private let data: DataSet
    private let tallies: TallyPool
    private let kind: EngineKind
    private let before: ProcessUsage

    private var sessionCount: Int { assignment.jobs.map(\.callers).max() ?? 1 }

    /// Prepares all that the harness needs, so that what the process grows by from here on is the
    /// engine's.
    init(_ assignment: Assignment) throws {
        guard let kind = EngineKind.named(assignment.engine) else {
            throw EngineError("there is no engine called \(assignment.engine)")
        }
        self.assignment = assignment
        self.kind = kind
        data = DataSet(
            assignment.shape, withZipf: assignment.jobs.contains { $0.workload == .readzipf })
        tallies = TallyPool(count: (assignment.jobs.map(\.callers).max() ?? 1) + 2)
        ProcessUsage.resetPeak()
        before = ProcessUsage.now()
    }

    /// - Returns: a line for each job.
    func run() throws -> [CompareLine] {
        if assignment.stage == .reopen { return [try reopen(assignment.jobs[0])] }
        let engine = try open()
        ProcessUsage.waitUntilQuiet(seconds: assignment.quietSeconds)
        let outcomes = try assignment.jobs.map { try measure($0, engine) }
        if assignment.jobs.isEmpty { try load(engine) }
        let start = Tally.now
        ProcessUsage.waitUntilQuiet(seconds: assignment.quietSeconds)
        try engine.close()
        let closing = Double(Tally.now - start) / 1e9
        let disk = DiskUsage.allocatedByteCount(of: assignment.directory)
        return outcomes.map { line($0, closingSeconds: closing, diskByteCount: disk) }
    }

    private func open() throws -> any Engine {
        try kind.open(
            EngineOptions(
                path: assignment.directory, isDurable: assignment.stage == .durable,
                cacheByteCount: assignment.cacheByteCount, keyCount: data.count,
                sessionCount: sessionCount))
    }

    private func load(_ engine: any Engine) throws {
        let caller = Caller(
            try engine.session(), data, lane: 0, of: 1, seed: 0, tallies.take())
        try caller.load()
    }

    /// From before the open to the first value, of which the caller has a copy.
    private func reopen(_ job: Job) throws -> CompareLine {
        let number = data.scatter[assignment.number % data.count]
        let finish = FinishLine(job, tallies.take())
        var tally = tallies.take()
        let start = Tally.now
        let engine = try open()
        try get(number, from: engine, start, &tally)
        finish.arrive(tally, isComplete: true)
        try engine.close()
        let disk = DiskUsage.allocatedByteCount(of: assignment.directory)
        return line(try finish.outcome(), closingSeconds: 0, diskByteCount: disk)
    }

    /// A function of its own, so that the session is gone when it returns.
    private func get(
        _ number: Int, from engine: any Engine, _ start: UInt64, _ tally: inout Tally
    ) throws {
        let session = try engine.session()
        let isFound = try session.get(data.keys.key(number))
        tally.record(Tally.now - start)
        try Caller(session, data, lane: 0, of: 1, seed: 0, tallies.take())
            .check(number, isFound, version: 1)
    }

    private func measure(_ job: Job, _ engine: any Engine) throws -> FinishLine.Outcome {
        let (run, assignment) = (JobRun(job, assignment, data, tallies), assignment)
        let group = DispatchGroup()
        for lane in 0..<job.callers {
            group.enter()
            Thread.detachNewThread {
                run.work(lane, of: engine, seed: assignment.number)
                group.leave()
            }
        }
        group.wait()
        return try run.finish.outcome()
    }

    private func line(
        _ outcome: FinishLine.Outcome, closingSeconds: Double, diskByteCount: Int
    ) -> CompareLine {
        let (job, tally) = (outcome.job, outcome.tally)
        let usage = outcome.usage ?? .now()
        let allSeconds = outcome.wallSeconds + closingSeconds
        return CompareLine(
            engine: kind.name, workload: job.workload, threads: job.callers, callers: job.callers,
            keys: data.count, keyBytes: data.keys.byteCount, valueBytes: data.values.byteCount,
            cacheBytes: assignment.cacheByteCount, repeat: assignment.number,
            operations: tally.operations, seconds: outcome.seconds,
            opsPerSecond: Double(tally.operations) / outcome.seconds,
            closedOpsPerSecond: job.workload.isFinite ? Double(tally.operations) / allSeconds : nil,
            p50Us: tally.microseconds(at: 50), p99Us: tally.microseconds(at: 99),
            p999Us: tally.microseconds(at: 99.9),
            cpuUsPerOp: outcome.processorSeconds * 1e6 / Double(max(1, tally.operations)),
            rssBytes: usage.residentByteCount - before.residentByteCount,
            rssAnonBytes: usage.anonymousByteCount - before.anonymousByteCount,
            peakRssBytes: max(0, usage.peakByteCount - before.residentByteCount),
            diskBytes: diskByteCount, cut: !outcome.isComplete, version: "",
            settings: kind.settings)
    }
}
