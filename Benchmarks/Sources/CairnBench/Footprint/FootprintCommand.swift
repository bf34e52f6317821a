import ArgumentParser
import BenchData
import Foundation

/// `cairn-bench footprint`: what many keys take in memory, and how long opening takes, by every
/// path.
struct FootprintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "footprint",
        abstract: "Measures memory a key, and every way of opening the store.",
        discussion: """
            Each open is one of a copy, in a process of its own; cold means that the copy's files were dropped \
            from the page cache. Of several opens the median counts.
            """)

    @Option(help: "How many keys, from 1000 on.")
    var keys = 10_000_000

    @Option(help: "Bytes a key.")
    var keyBytes = 24

    @Option(help: "Bytes a value.")
    var valueBytes = 100

    @Option(help: "Bytes that the store may cache.")
    var cacheBytes = 1 << 20

    @Option(help: "How often to open in each way.")
    var `repeat` = 3

    @Option(help: "The directory for data; by default a temporary one.")
    var dir: String?

    @Option(help: "Write the result as one JSON object into this file.")
    var json: String?

    func validate() throws {
        guard keys >= 1000, `repeat` > 0, cacheBytes >= 1 << 20,
            keyBytes >= KeySource.byteCountMin(count: keys),
            valueBytes >= ValueSource.byteCountMin
        else {
            throw ValidationError(
                "--keys must be at least 1000, --repeat positive, --cache-bytes at least 1048576, "
                    + "--key-bytes at least \(KeySource.byteCountMin(count: keys)) and "
                    + "--value-bytes at least \(ValueSource.byteCountMin)")
        }
    }

    func run() throws {
        let record = try CompareRecord(path: json)
        let survey = FootprintSurvey(
            shape: Assignment.Shape(
                keyCount: keys, keyByteCount: keyBytes, valueByteCount: valueBytes),
            cacheByteCount: cacheBytes, repeatCount: `repeat`,
            directory: dir ?? FileManager.default.temporaryDirectory.path
                + "/cairn-bench-footprint")
        let line = try survey.run()
        try record.append(line)
        show(line)
    }

    private func show(_ line: FootprintLine) {
        print("keys                \(Figures.grouped(Double(line.keys)))")
        print("memory a key        \(Figures.short(line.ramBytesPerKey)) bytes")
        if let bytes = line.indexBytes {
            print("index a key         \(Figures.short(Double(bytes) / Double(line.keys))) bytes")
        }
        print("on disk             \(Figures.grouped(Double(line.diskBytes))) bytes")
        print("checkpoint          \(Figures.grouped(Double(line.checkpointBytes))) bytes")
        for open in line.open {
            print(
                "open by \(Figures.pad(open.path.rawValue, 12))"
                    + "\(open.cache.rawValue), after \(Figures.pad(open.after.rawValue, 6))"
                    + "\(Figures.short(open.seconds * 1000)) ms")
        }
    }
}
