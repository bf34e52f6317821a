import ArgumentParser
import Foundation

/// `cairn-bench compare`: Cairn beside other engines, on the same keys and values.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measures Cairn beside other engines.",
        discussion: """
            The engines take turns, stage by stage, in an order that goes round; each stage of each is a process \
            of its own. Every value that is read is checked, and a wrong one ends everything. \
            Docs/Benchmarks.md describes the workloads and the engines' settings.
            """)

    @OptionGroup var options: CompareOptions

    func run() throws {
        let engines = try options.engines()
        announceAbsent()
        var versions: [String: String] = [:]
        for engine in engines { versions[engine.name] = engine.version() }
        let record = try CompareRecord(path: options.json)
        let repeats = try repeats(engines)
        let progress = Progress(
            stepCount: repeats.joined().reduce(0) { sum, turn in
                sum + Workload.Stage.allCases.filter { turn.jobs(in: $0) != nil }.count
            })
        try? FileManager.default.removeItem(atPath: options.directory)
        defer { try? FileManager.default.removeItem(atPath: options.directory) }
        var lines: [CompareLine] = []
        for turns in repeats {
            for stage in Workload.Stage.allCases {
                for turn in turns {
                    guard let jobs = turn.jobs(in: stage) else { continue }
                    try turn.run(stage, jobs, progress) { line in
                        var line = line
                        line.version = versions[line.engine] ?? "unknown"
                        lines.append(line)
                        try record.append(line)
                    }
                }
            }
            for turn in turns { turn.removeDirectory() }
        }
        progress.end()
        try show(Comparison(lines: lines), engines, versions)
    }

    /// The turns of each repeat: every engine, another one first each time.
    private func repeats(_ engines: [EngineKind]) throws -> [[CompareTurn]] {
        let jobs = try options.jobs()
        return (0..<options.repeatCount).map { number in
            engines.indices.map { place in
                CompareTurn(
                    engine: engines[(place + number) % engines.count], number: number + 1,
                    jobs: jobs, options: options)
            }
        }
    }

    private func announceAbsent() {
        let absent = EngineKind.all.filter { !$0.isPresent }
        guard options.engine == nil, !absent.isEmpty else { return }
        let packages = Set(absent.compactMap(\.package)).sorted().joined(separator: " ")
        FileHandle.standardError.write(
            Data(
                """
                Not compiled in: \(absent.map(\.name).joined(separator: ", ")). To compare with them as \
                well, run `make peers` (apt-get install \(packages)) and build again.

                """.utf8))
    }

    private func show(
        _ comparison: Comparison, _ engines: [EngineKind], _ versions: [String: String]
    ) throws {
        let shape = options.shape
        print(
            "\(shape.keyCount) keys of \(shape.keyByteCount) bytes, values of "
                + "\(shape.valueByteCount), cache of \(options.cacheBytes), "
                + "\(options.repeatCount) repeats\n")
        print(ComparisonTable(comparison: comparison).text)
        print("\n× is Cairn's rate over the other's: median, and least to most, of the repeats.\n")
        for engine in engines {
            print("\(engine.name) \(versions[engine.name] ?? "unknown"): \(engine.settings)")
        }
        if let svg = options.svg {
            try ComparisonPlots(comparison: comparison, shape: shape).write(to: svg)
        }
    }
}
