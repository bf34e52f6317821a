/// What a run covers and holds: Docs/Formats/KeyFooter.md, "Summary".
struct KeyRunSummary: Hashable, Sendable {
    private static let fixedByteCount = 3 * LogPosition.byteCount + 2 * 8 + 4
    private static let segmentByteCount = 24
    static let byteCountMax =
        fixedByteCount + StoreLimits.segmentCountMax * segmentByteCount
        + KeyBlockFormat.checksumByteCount

    /// Where the stretch of the log begins.
    var from: LogPosition
    /// Where it ends.
    var to: LogPosition
    /// A place behind all that the run covers: the log must still lead there.
    var proof: LogPosition
    var entryCount: UInt64
    /// Entries that are not tombstones.
    var putCount: UInt64
    var segments: KeyRunSegments

    /// The section's length.
    var byteCount: Int {
        Self.fixedByteCount + segments.all.count * Self.segmentByteCount
            + KeyBlockFormat.checksumByteCount
    }

    /// The section, which will live at `offset` of the run.
    func encoded(in run: SegmentIdentity, at offset: Int) -> [UInt8] {
        var writer = ByteWriter()
        from.encode(to: &writer)
        to.encode(to: &writer)
        proof.encode(to: &writer)
        writer.append(entryCount)
        writer.append(putCount)
        writer.append(UInt32(segments.all.count))
        for segment in segments.all {
            writer.append(segment.number)
            writer.append(segment.salt)
            writer.append(segment.recordByteCount)
        }
        writer.append(run.checksum(of: writer.bytes, in: 0..<writer.count, at: offset))
        return writer.bytes
    }

    init(
        from: LogPosition, to: LogPosition, proof: LogPosition, entryCount: UInt64,
        putCount: UInt64,
        segments: KeyRunSegments
    ) {
        self.from = from
        self.to = to
        self.proof = proof
        self.entryCount = entryCount
        self.putCount = putCount
        self.segments = segments
    }

    /// Reads a section whose checksum holds; `nil` unless all of it is used and every number is in
    /// range.
    init?(_ reader: inout ByteReader) {
        guard let from = LogPosition(&reader), let to = LogPosition(&reader),
            let proof = LogPosition(&reader),
            let entryCount = reader.word(UInt64.self), let putCount = reader.word(UInt64.self),
            entryCount <= StoreLimits.numberMax, putCount <= entryCount,
            let count = reader.word(UInt32.self), count <= StoreLimits.segmentCountMax,
            reader.remaining == Int(count) * Self.segmentByteCount
        else { return nil }
        var segments: [KeyRunSegment] = []
        segments.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let number = reader.word(UInt64.self), number <= StoreLimits.numberMax,
                let salt = reader.word(UInt64.self),
                let recordByteCount = reader.word(UInt64.self),
                recordByteCount <= StoreLimits.numberMax,
                segments.last.map({ $0.number < number }) ?? true
            else { return nil }
            segments.append(
                KeyRunSegment(number: number, salt: salt, recordByteCount: recordByteCount))
        }
        self.init(
            from: from, to: to, proof: proof, entryCount: entryCount, putCount: putCount,
            segments: KeyRunSegments(segments))
    }
}
