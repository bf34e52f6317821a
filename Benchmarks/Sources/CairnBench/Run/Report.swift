import Foundation
import Histogram

/// Prints a table, and one JSON object a line into a file.
final class Report {
    private let path: String?
    private var lines: [String] = []
    private let isWatched = isatty(2) == 1

    /// - Throws: when the file for JSON cannot be written: better now than after the runs.
    init(path: String?) throws {
        self.path = path
        if path != nil { try flush() }
    }

    private struct Line: Encodable {
        let benchmark: String
        let run: Int
        let operations: Int
        let seconds: Double
        let operationsPerSecond: Double
        let p50Microseconds: Double
        let p99Microseconds: Double
        let p999Microseconds: Double
        let maxMicroseconds: Double
    }

    func begin() {
        print(
            Figures.pad("benchmark", 34) + Figures.right("ops/s", 12) + Figures.right("spread", 9)
                + Figures.right("p50 µs", 11) + Figures.right("p99 µs", 11)
                + Figures.right("p99.9 µs", 11))
    }

    func progress(_ name: String, _ run: Int, of runs: Int) {
        guard isWatched else { return }
        FileHandle.standardError.write(Data("\r\(name): run \(run) of \(runs)\u{1B}[K".utf8))
    }

    func record(_ name: String, _ run: Int, _ result: Measurement) throws {
        let line = Line(
            benchmark: name, run: run, operations: result.operations, seconds: result.seconds,
            operationsPerSecond: result.operationsPerSecond,
            p50Microseconds: result.microseconds(at: 50),
            p99Microseconds: result.microseconds(at: 99),
            p999Microseconds: result.microseconds(at: 99.9),
            maxMicroseconds: result.microseconds(at: 100))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        lines.append(String(decoding: try encoder.encode(line), as: UTF8.self))
        try flush()
    }

    /// The run with the median throughput, and how far apart the best and the worst were.
    func show(_ name: String, _ results: [Measurement]) {
        if isWatched { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        let sorted = results.sorted { $0.operationsPerSecond < $1.operationsPerSecond }
        guard let least = sorted.first, let most = sorted.last else { return }
        let median = sorted[sorted.count / 2]
        let spread =
            (most.operationsPerSecond - least.operationsPerSecond) / median.operationsPerSecond
        print(
            Figures.pad(name, 34) + Figures.right(Figures.grouped(median.operationsPerSecond), 12)
                + Figures.right("\(Int((spread * 100).rounded())) %", 9)
                + [50, 99, 99.9].map { percentile in
                    Figures.right(Figures.short(median.microseconds(at: percentile)), 11)
                }.joined())
    }

    private func flush() throws {
        guard let path else { return }
        try lines.map { $0 + "\n" }.joined().write(toFile: path, atomically: true, encoding: .utf8)
    }
}
