import Foundation

/// All workloads of one engine, once: a process for each stage, on one directory after another.
struct CompareTurn {
    let engine: EngineKind
    let number: Int
    let jobs: [Job]
    let options: CompareOptions

    /// The stages in their order, each with what it does. All but the first build on a random fill, which is
    /// a preparation when nobody asked for it.
    private var stages: [(stage: Workload.Stage, jobs: [Job])] {
        let possible = jobs.filter { engine.isOrdered || !$0.workload.needsOrder }
        let stages = Workload.Stage.allCases.map { stage in
            (stage: stage, jobs: possible.filter { $0.workload.stage == stage })
        }
        let needsFill = stages.contains { $0.stage != .fillSequential && !$0.jobs.isEmpty }
        return stages.filter { !$0.jobs.isEmpty || $0.stage == .fillRandom && needsFill }
    }

    var stepCount: Int { stages.count }

    /// Runs all stages, and hands over each line as it comes.
    func run(_ progress: Progress, _ receive: (CompareLine) throws -> Void) throws {
        for (stage, jobs) in stages {
            progress.begin(
                "repeat \(number) of \(options.repeatCount), \(engine.name), "
                    + (jobs.isEmpty ? "load" : jobs.map(\.name).joined(separator: ", ")))
            do {
                for line in try run(stage, jobs) { try receive(line) }
            } catch {
                throw EngineError("\(engine.name), stage \(stage), repeat \(number): \(error)")
            }
            if stage == .fillSequential { try? FileManager.default.removeItem(atPath: directory) }
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

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

    /// Several opens as one measurement: the median of them, and the longest for both high percentiles.
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
