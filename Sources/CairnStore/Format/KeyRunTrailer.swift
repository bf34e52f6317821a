/// The last 96 bytes of a key run, where a reader begins: Docs/Formats/KeyFooter.md, "Trailer".
struct KeyRunTrailer: Hashable, Sendable {
    static let byteCount = 96
    /// "CAIRNKYE"
    static let magic: UInt64 = 0x4559_4B4E_5249_4143

    /// The same as at the beginning of the file.
    var header: KeyRunHeader
    var blockCount: Int
    var fences: Range<Int>
    var summary: Range<Int>

    /// The trailer, which will live where the summary ends.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(Self.magic)
        writer.append(FormatVersion.current.rawValue)
        writer.append(UInt16(0))
        writer.append(UInt32(blockCount))
        header.append(to: &writer)
        writer.append(UInt64(fences.lowerBound))
        writer.append(UInt64(fences.count))
        writer.append(UInt64(summary.lowerBound))
        writer.append(UInt64(summary.count))
        writer.append(UInt32(0))
        let checksum = header.identity.checksum(
            of: writer.bytes, in: 0..<writer.count, at: summary.upperBound)
        writer.append(checksum)
        return writer.bytes
    }

    /// Reads the trailer of a file of `fileByteCount` bytes, or says what is wrong with it.
    static func decode(
        _ bytes: [UInt8], fileByteCount: Int
    ) throws(KeyRunError) -> KeyRunTrailer {
        let offset = fileByteCount - byteCount
        guard bytes.count == byteCount, offset >= KeyRunHeader.byteCount else {
            throw .short(fileByteCount)
        }
        var reader = ByteReader(bytes)
        guard reader.word(UInt64.self) == magic else { throw .magic }
        guard let version = reader.word(UInt16.self) else { throw .short(fileByteCount) }
        guard version == FormatVersion.current.rawValue else { throw .version(version) }
        guard reader.skip(2) != nil, let blockCount = reader.word(UInt32.self),
            let header = KeyRunHeader(&reader)
        else { throw .short(fileByteCount) }
        let checksum = header.identity.checksum(of: bytes, in: 0..<byteCount - 4, at: offset)
        var tail = ByteReader(bytes, in: byteCount - 4..<byteCount)
        guard tail.word(UInt32.self) == checksum else { throw .checksum(offset: offset) }
        guard let fenceOffset = reader.word(UInt64.self),
            let fenceByteCount = reader.word(UInt64.self),
            let summaryOffset = reader.word(UInt64.self),
            let summaryByteCount = reader.word(UInt64.self)
        else { throw .short(fileByteCount) }
        // The sections lie one behind the other and end where the trailer begins.
        guard header.isInRange, summaryOffset <= offset, fenceOffset <= summaryOffset,
            fenceOffset >= KeyRunHeader.byteCount,
            fenceByteCount == summaryOffset - fenceOffset,
            summaryByteCount == UInt64(offset) - summaryOffset,
            fenceByteCount <= KeyFences.byteCountMax,
            summaryByteCount <= KeyRunSummary.byteCountMax
        else { throw .range(offset: offset) }
        return KeyRunTrailer(
            header: header, blockCount: Int(blockCount),
            fences: Int(fenceOffset)..<Int(summaryOffset), summary: Int(summaryOffset)..<offset)
    }
}
