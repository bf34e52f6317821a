import Foundation

/// The JSON file: one line a measurement, there as soon as it was made.
struct CompareRecord {
    private let file: FileHandle?

    /// - Throws: when the file cannot be written: better now than after the runs.
    init(path: String?) throws {
        guard let path else {
            file = nil
            return
        }
        try Data().write(to: URL(fileURLWithPath: path))
        file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    func append(_ line: some Encodable) throws {
        try file?.write(contentsOf: Data((try JSONLine.encode(line) + "\n").utf8))
    }
}
