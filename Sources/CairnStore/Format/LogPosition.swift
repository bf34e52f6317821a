/// A place between two frames of the log, with all it takes to go on reading there:
/// Docs/Formats/KeyFooter.md, "Summary".
struct LogPosition: Hashable, Sendable {
    static let byteCount = 28

    var segment: UInt64
    /// Where the next frame starts.
    var offset: Int
    /// Where the header of the frame before lies; 0 when there is none in this segment.
    var headerOffset: Int
    /// The checksum of the header before; 0 before the first frame of the log.
    var chain: UInt32
    /// The sequence of the first batch behind this place.
    var nextSequence: UInt64
}

extension LogPosition {
    func encode(to writer: inout ByteWriter) {
        writer.append(segment)
        writer.append(UInt32(offset))
        writer.append(UInt32(headerOffset))
        writer.append(chain)
        writer.append(nextSequence)
    }

    /// Reads a position; `nil` when the bytes end too soon or a number cannot be right.
    init?(_ reader: inout ByteReader) {
        guard let segment = reader.word(UInt64.self), segment <= StoreLimits.numberMax,
            let offset = reader.word(UInt32.self), let headerOffset = reader.word(UInt32.self),
            headerOffset == 0 || headerOffset < offset, let chain = reader.word(UInt32.self),
            let nextSequence = reader.word(UInt64.self), nextSequence <= StoreLimits.numberMax
        else { return nil }
        self.init(
            segment: segment, offset: Int(offset), headerOffset: Int(headerOffset), chain: chain,
            nextSequence: nextSequence)
    }
}
