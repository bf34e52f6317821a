import Foundation

/// A comparison as plots: one for each workload.
struct ComparisonPlots {
    let comparison: Comparison
    let shape: Assignment.Shape

    func write(to directory: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        for job in comparison.jobs {
            let name = job.name.replacing(" ", with: "-")
            try chart(job).svg.write(
                toFile: "\(directory)/\(name).svg", atomically: true, encoding: .utf8)
        }
    }

    private func chart(_ job: Job) -> BarChart {
        let callers = job.callers == 1 ? "one thread" : "\(job.callers) threads"
        return BarChart(
            title: job.workload.rawValue,
            subtitle:
                "operations a second, \(callers), \(Figures.brief(Double(shape.keyCount))) keys of "
                + "\(shape.keyByteCount) bytes, values of \(shape.valueByteCount); more is better",
            bars: comparison.engines.compactMap { engine in
                comparison.rate(job, engine).map { rate in
                    BarChart.Bar(
                        label: engine, median: rate.median, least: rate.least, most: rate.most,
                        isOurs: engine == "cairn")
                }
            })
    }
}
