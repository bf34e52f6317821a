/// What was measured, arranged for tables and plots.
struct Comparison {
    let lines: [CompareLine]

    /// The engines, in the order in which the catalogue has them.
    var engines: [String] {
        let seen = Set(lines.map(\.engine))
        return EngineKind.all.map(\.name).filter(seen.contains)
    }

    /// The rows, in the order in which they were run first.
    var jobs: [Job] {
        var seen: Set<Job> = []
        return lines.map(\.job).filter { seen.insert($0).inserted }
    }

    /// Median, least and most.
    struct Spread {
        let median: Double
        let least: Double
        let most: Double

        init?(_ numbers: [Double]) {
            guard let least = numbers.min(), let most = numbers.max() else { return nil }
            self.least = least
            self.most = most
            median = Figures.median(numbers)
        }
    }

    private func rates(_ job: Job, _ engine: String) -> [Int: Double] {
        var rates: [Int: Double] = [:]
        for line in lines where line.job == job && line.engine == engine {
            rates[line.repeat] = line.opsPerSecond
        }
        return rates
    }

    /// Operations a second; `nil` when the engine did not do the job.
    func rate(_ job: Job, _ engine: String) -> Spread? {
        Spread(Array(rates(job, engine).values))
    }

    /// How much faster Cairn was, repeat by repeat.
    func ratio(_ job: Job, to engine: String) -> Spread? {
        let (ours, theirs) = (rates(job, "cairn"), rates(job, engine))
        return Spread(
            theirs.compactMap { number, rate in ours[number].map { $0 / rate } })
    }
}
