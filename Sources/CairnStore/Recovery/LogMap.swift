import CairnFiles
import CairnPlatform

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
        if PlantedBug.believeAnyProof.isPlanted { return true }
        guard let index = indices[position.segment] else { return false }
        guard position.headerOffset > 0 else {
            guard position.offset == SegmentHeader.byteCount else { return false }
            return index > 0
                ? try leads(over: segments[index - 1], to: position) : position.nextSequence == 1
        }
        guard let header = try header(before: position, in: segments[index]) else { return false }
        let end = position.headerOffset + FrameHeader.byteCount + header.paddedPayloadByteCount
        return end == position.offset
            && header.firstSequence + UInt64(Self.batches(header)) == position.nextSequence
    }

    /// Whether `segment` ends with the seal before `position`, which begins the next one.
    private func leads(
        over segment: Segment, to position: LogPosition
    ) throws(FileError) -> Bool {
        guard let (seal, checksum) = try Self.seal(of: segment) else { return false }
        return checksum == position.chain && seal.firstSequence == position.nextSequence
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
        let isFirst = (first, a.offset) <= (second, b.offset)
        return isFirst != PlantedBug.replayFromLater.isPlanted ? a : b
    }

    /// Makes sure that every segment before `position` ends with its seal, and that the next one follows it.
    ///
    /// What lies between is verified when it is read, and by `cairn store verify`.
    /// - Throws: `.corrupt` when one has been cut or changed there.
    func checkSeals(before position: LogPosition) throws(StoreError) {
        guard let end = indices[position.segment] else { return }
        for segment in segments[..<end] {
            let isSealed = try naming("cannot read \(segment.path)") { () throws(FileError) in
                try Self.seal(of: segment) != nil
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

    /// The header of the last frame, if that is a seal, and its checksum. Reserved space may follow it: a
    /// crash came before it was given back.
    private static func seal(
        of segment: Segment
    ) throws(FileError) -> (header: FrameHeader, checksum: UInt32)? {
        var end = try segment.byteCount()
        while end >= SegmentHeader.byteCount + FrameHeader.byteCount {
            let start = max(SegmentHeader.byteCount, end - (64 << 10))
            let bytes = try segment.read(at: start, byteCount: end - start)
            if let last = bytes.lastIndex(where: { $0 != 0 }) {
                // The last fields of a header may be zeros.
                let place = (start + last) & ~(FrameHeader.alignment - 1)
                for index in 0..<FrameHeader.byteCount / FrameHeader.alignment {
                    let offset = place - index * FrameHeader.alignment
                    if let seal = try seal(in: segment, at: offset) { return seal }
                }
                return nil
            }
            end = start
        }
        return nil
    }

    private static func seal(
        in segment: Segment, at offset: Int
    ) throws(FileError) -> (header: FrameHeader, checksum: UInt32)? {
        guard offset >= SegmentHeader.byteCount else { return nil }
        let bytes = try segment.read(at: offset, byteCount: FrameHeader.byteCount)
        let decoded = FrameHeader.decode(bytes, from: 0, in: segment.identity, at: offset)
        guard let decoded, decoded.header.kind == .seal else { return nil }
        return (decoded.header, decoded.checksum)
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
