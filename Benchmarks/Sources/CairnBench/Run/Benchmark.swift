/// How much of everything a run does.
struct Plan: Sendable {
    let duration: Duration
    let runs: Int
    /// Keys that reading benchmarks find in the store.
    let keyCount: Int
}

/// One benchmark: prepares what it needs in an empty directory, measures, and cleans up.
struct Benchmark: Sendable {
    let name: String
    let run: @Sendable (_ plan: Plan, _ directory: String) async throws -> Measurement

    static let all: [Benchmark] =
        StoreBenchmarks.all + ObjectBenchmarks.all + ServerBenchmarks.all
}
