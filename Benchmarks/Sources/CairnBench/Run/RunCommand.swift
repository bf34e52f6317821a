import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `cairn-bench run`, or without a command: measures the store, the objects and the server, each by
/// itself.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measures Cairn's parts, each by itself; what happens without a command.",
        discussion: """
            Each benchmark runs for a while, several times; the table shows the median run and the \
            spread over all of them. Latencies are of single operations, in microseconds.
            """)

    @Argument(help: "Only benchmarks whose names contain one of these.")
    var names: [String] = []

    @Option(help: "Seconds a run.")
    var seconds = 2.0

    @Option(help: "Runs of each benchmark.")
    var runs = 5

    @Option(help: "Append one JSON object a line for each run.")
    var json: String?

    @Option(help: "The directory for data; by default a temporary one.")
    var directory: String?

    @Flag(help: "As short as can be, to see that everything works.")
    var tiny = false

    func validate() throws {
        guard seconds > 0, runs > 0 else {
            throw ValidationError("--seconds and --runs must be positive")
        }
    }

    // Not the main actor's: every call from it would pay for two more hops.
    @concurrent func run() async throws {
        let plan = Plan(
            duration: .seconds(tiny ? 0.05 : seconds), runs: tiny ? 1 : runs,
            keyCount: tiny ? 1000 : 100_000)
        let path = directory ?? FileManager.default.temporaryDirectory.path + "/cairn-bench"
        let chosen = Benchmark.all.filter { benchmark in
            names.isEmpty || names.contains { benchmark.name.contains($0) }
        }
        guard !chosen.isEmpty else {
            let known = Benchmark.all.map(\.name).joined(separator: ", ")
            throw ValidationError("no benchmark is called like that; there are \(known)")
        }
        let report = try Report(path: json)
        report.begin()
        for benchmark in chosen {
            let folder = path + "/" + benchmark.name.replacing(" ", with: "-")
            var results: [Measurement] = []
            for number in 1...plan.runs {
                try? FileManager.default.removeItem(atPath: folder)
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true)
                report.progress(benchmark.name, number, of: plan.runs)
                let result = try await benchmark.run(plan, folder)
                try report.record(benchmark.name, number, result)
                results.append(result)
            }
            try? FileManager.default.removeItem(atPath: folder)
            report.show(benchmark.name, results)
        }
    }
}
