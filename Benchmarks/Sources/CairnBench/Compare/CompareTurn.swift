import Foundation

/// One engine's part of a repeat: a process for each stage, on a directory that the stages share.
struct CompareTurn {
    let engine: EngineKind
    let number: Int
    let jobs: [Job]
    let options: CompareOptions

    /// What the engine does in this stage; `nil` when nothing. All stages but the first build on a
    /// random fill, which is a preparation, without jobs, when nobody asked for it.
    func jobs(in stage: Workload.Stage) -> [Job]? {
        let possible = jobs.filter { engine.isOrdered || !$0.workload.needsOrder }
        let wanted = possible.filter { $0.workload.stage == stage }
        let needsFill = possible.contains { $0.workload.stage != .fillSequential }
        return wanted.isEmpty && !(stage == .fillRandom && needsFill) ? nil : wanted
    }

    /// Runs a stage, and hands over each line.
    func run(
        _ stage: Workload.Stage, _ jobs: [Job], _ progress: Progress,
        _ receive: (CompareLine) throws -> Void
    ) throws {
        progress.begin(
            "repeat \(number) of \(options.repeatCount), \(engine.name), "
                + (jobs.isEmpty ? "load" : jobs.map(\.name).joined(separator: ", ")))
        do {
            for line in try run(stage, jobs) { try receive(line) }
        } catch {
            throw EngineError("\(engine.name), stage \(stage), repeat \(number): \(error)")
        }
        if stage == .fillSequential { removeDirectory() }
    }

    func removeDirectory() { try? FileManager.default.removeItem(atPath: directory) }

    private var directory: String { options.directory + "/" + engine.name }

    private func run(_ stage: Workload.Stage, _ jobs: [Job]) throws -> [CompareLine] {
        if stage == .fillSequential || stage == .fillRandom {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        }
        guard stage == .reopen else { return try measure(stage, jobs, number) }
        let opens = try (0..<options.reopenCount).flatMap { open in
            try measure(stage, jobs, number * options.reopenCount + open)
        }
        return [try merge(opens)]
    }

    private func measure(
        _ stage: Workload.Stage, _ jobs: [Job], _ number: Int
    ) throws -> [CompareLine] {
        let assignment = Assignment(
            engine: engine.name, directory: directory, stage: stage, jobs: jobs,
            shape: options.shape, cacheByteCount: options.cacheBytes,
            seconds: options.timedSeconds, secondsMax: options.secondsMax,
            quietSeconds: options.quietSeconds, number: number)
        return try ChildProcess.lines(["measure", try JSONLine.encode(assignment)])
            .map { try JSONDecoder().decode(CompareLine.self, from: Data($0.utf8)) }
    }

    /// Several opens as one measurement: the median of them, and the longest for both high
    /// percentiles.
    private func merge(_ opens: [CompareLine]) throws -> CompareLine {
        let sorted = opens.sorted { $0.p50Us < $1.p50Us }
        guard var middle = sorted.dropFirst(sorted.count / 2).first, let last = sorted.last else {
            throw EngineError("nothing was measured")
        }
        middle.repeat = number
        middle.operations = opens.count
        middle.p99Us = last.p50Us
        middle.p999Us = last.p50Us
        return middle
    }
}
