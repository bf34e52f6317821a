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
            Self.pad("benchmark", 34) + Self.right("ops/s", 12) + Self.right("spread", 9)
                + Self.right("p50 µs", 11) + Self.right("p99 µs", 11) + Self.right("p99.9 µs", 11))
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
            Self.pad(name, 34) + Self.right(Self.grouped(median.operationsPerSecond), 12)
                + Self.right("\(Int((spread * 100).rounded())) %", 9)
                + [50, 99, 99.9].map { percentile in
                    Self.right(Self.short(median.microseconds(at: percentile)), 11)
                }.joined())
    }

    private func flush() throws {
        guard let path else { return }
        try lines.map { $0 + "\n" }.joined().write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func short(_ number: Double) -> String {
        let places = number < 10 ? 2 : number < 1000 ? 1 : 0
        let scale = places == 2 ? 100.0 : places == 1 ? 10.0 : 1.0
        let rounded = (number * scale).rounded() / scale
        return places == 0 ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func grouped(_ number: Double) -> String {
        var (digits, text) = (Array("\(Int(number.rounded()))"), "")
        while digits.count > 3 {
            text = " " + String(digits.suffix(3)) + text
            digits.removeLast(3)
        }
        return String(digits) + text
    }
}
