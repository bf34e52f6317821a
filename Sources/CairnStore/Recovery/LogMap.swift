import CairnFiles

/// The segments of a log by number, and whether the log still leads where it once did.
struct LogMap {
    private let segments: [Segment]
    private let indices: [UInt64: Int]

    /// - Parameter segments: in the order of the log.
    init(_ segments: [Segment]) {
        self.segments = segments
        var indices: [UInt64: Int] = [:]
        for (index, segment) in segments.enumerated() { indices[segment.identity.number] = index }
        self.indices = indices
    }

    func salt(of number: UInt64) -> UInt64? {
        indices[number].map { segments[$0].identity.salt }
    }

    /// Whether all segments that a key run names are of this log.
    func holds(_ wanted: KeyRunSegments) -> Bool {
        wanted.all.allSatisfy { salt(of: $0.number) == $0.salt }
    }

    /// Whether the frame before `position` is there. Its header's checksum hangs on that of every header
    /// before it, and those on their payloads: so all of the log up to here is what it was.
    func leads(to position: LogPosition) throws(FileError) -> Bool {
        guard let index = indices[position.segment] else { return false }
        guard position.headerOffset > 0 else {
            return position.offset == SegmentHeader.byteCount
                && (index > 0 || position.nextSequence == 1)
        }
        guard let header = try header(before: position, in: segments[index]) else { return false }
        let end = position.headerOffset + FrameHeader.byteCount + header.paddedPayloadByteCount
        return end == position.offset
            && header.firstSequence + UInt64(Self.batches(header)) == position.nextSequence
    }

    /// Where to go on reading: behind a seal that is the next segment.
    func resumed(_ position: LogPosition) throws(FileError) -> LogPosition? {
        guard let index = indices[position.segment] else { return nil }
        guard position.headerOffset > 0 else { return position }
        guard let header = try header(before: position, in: segments[index]) else { return nil }
        guard header.kind == .seal else { return position }
        guard index + 1 < segments.count else { return position }
        return LogPosition(
            segment: segments[index + 1].identity.number, offset: SegmentHeader.byteCount,
            headerOffset: 0, chain: position.chain, nextSequence: position.nextSequence)
    }

    /// The earlier of two positions.
    func earlier(_ a: LogPosition, _ b: LogPosition) -> LogPosition {
        let (first, second) = (indices[a.segment] ?? 0, indices[b.segment] ?? 0)
        return (first, a.offset) <= (second, b.offset) ? a : b
    }

    /// Makes sure that every segment before `position` ends with its seal, and that the next one follows it.
    ///
    /// What lies between is verified when it is read, and by `cairn store verify`.
    /// - Throws: `.corrupt` when one has been cut or changed there.
    func checkSeals(before position: LogPosition) throws(StoreError) {
        guard let end = indices[position.segment] else { return }
        for segment in segments[..<end] {
            let isSealed = try naming("cannot read \(segment.path)") { () throws(FileError) in
                try Self.endsWithSeal(segment)
            }
            guard isSealed else {
                throw StoreError(
                    .corrupt,
                    "\(segment.path) is damaged at its end: expected the seal of a segment that was "
                        + "complete, found something else; restore a copy, or look with "
                        + "`cairn store verify`")
            }
        }
    }

    /// Whether the last frame is a seal. Reserved space may follow it: a crash came before it was given back.
    private static func endsWithSeal(_ segment: Segment) throws(FileError) -> Bool {
        var end = try segment.byteCount()
        while end >= SegmentHeader.byteCount + FrameHeader.byteCount {
            let start = max(SegmentHeader.byteCount, end - (64 << 10))
            let bytes = try segment.read(at: start, byteCount: end - start)
            if let last = bytes.lastIndex(where: { $0 != 0 }) {
                // The last fields of a header may be zeros.
                let place = (start + last) & ~(FrameHeader.alignment - 1)
                for index in 0..<FrameHeader.byteCount / FrameHeader.alignment
                where try isSeal(segment, at: place - index * FrameHeader.alignment) {
                    return true
                }
                return false
            }
            end = start
        }
        return false
    }

    private static func isSeal(_ segment: Segment, at offset: Int) throws(FileError) -> Bool {
        guard offset >= SegmentHeader.byteCount else { return false }
        let bytes = try segment.read(at: offset, byteCount: FrameHeader.byteCount)
        let decoded = FrameHeader.decode(bytes, from: 0, in: segment.identity, at: offset)
        return decoded?.header.kind == .seal
    }

    private func header(
        before position: LogPosition, in segment: Segment
    ) throws(FileError) -> FrameHeader? {
        let bytes = try segment.read(at: position.headerOffset, byteCount: FrameHeader.byteCount)
        guard
            let (header, checksum) = FrameHeader.decode(
                bytes, from: 0, in: segment.identity, at: position.headerOffset),
            checksum == position.chain
        else { return nil }
        return header
    }

    /// How many sequences a frame that ends a batch, or has none, moves the log on.
    private static func batches(_ header: FrameHeader) -> UInt16 { header.batchCount }
}
