import CairnFiles

/// Reads a segment's file in windows, for those who parse it.
struct SegmentWindows {
    private static let byteCount = 1 << 20

    let segment: Segment
    /// The file's length, once it has been asked for: nobody writes to a file that is parsed.
    private var fileByteCount: Int?

    init(_ segment: Segment) { self.segment = segment }

    /// A window that begins with `range`, as far as the file has it, and goes on behind it.
    mutating func window(_ range: Range<Int>) throws(FileError) -> FrameWindow {
        let end = try fileEnd()
        let rest = min(max(0, end - range.lowerBound), Self.byteCount)
        let wanted = max(range.count, rest)
        let bytes = try segment.read(at: range.lowerBound, byteCount: wanted)
        return FrameWindow(
            bytes: bytes, offset: range.lowerBound,
            endsFile: bytes.count < wanted || range.lowerBound + bytes.count >= end)
    }

    private mutating func fileEnd() throws(FileError) -> Int {
        if let fileByteCount { return fileByteCount }
        let end = try segment.byteCount()
        fileByteCount = end
        return end
    }
}
