import CairnFiles

/// Where the bytes of a run are.
enum KeyRunSource: Sendable {
    /// The whole file's bytes.
    case memory([UInt8])
    /// A file of that length, and how to read `byteCount` bytes of it at `offset`.
    case file(
        byteCount: Int,
        read: @Sendable (_ offset: Int, _ byteCount: Int) throws(FileError) -> [UInt8])

    /// Wraps an open file, which is closed with the last run that reads it.
    static func file(_ file: consuming File) throws(FileError) -> KeyRunSource {
        let opened = OpenFile(file)
        return .file(byteCount: Int(try opened.file.byteCount())) {
            (offset: Int, byteCount: Int) throws(FileError) in
            try opened.file.read(at: Int64(offset), byteCount: byteCount)
        }
    }

    private final class OpenFile: Sendable {
        let file: File

        init(_ file: consuming File) { self.file = file }
    }

    var byteCount: Int {
        switch self {
        case .memory(let bytes): bytes.count
        case .file(let byteCount, _): byteCount
        }
    }

    /// The bytes in `range`, as a range of an array: no copy of what is in memory.
    func read(_ range: Range<Int>) throws(KeyRunError) -> (bytes: [UInt8], range: Range<Int>) {
        guard range.upperBound <= byteCount else { throw .short(byteCount) }
        switch self {
        case .memory(let bytes): return (bytes, range)
        case .file(let fileByteCount, let read):
            do throws(FileError) {
                let bytes = try read(range.lowerBound, range.count)
                if bytes.count == range.count { return (bytes, 0..<bytes.count) }
            } catch { throw .file(error) }
            throw .short(fileByteCount)
        }
    }
}
