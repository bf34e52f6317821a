/// A frame on its way to the disk: its place is fixed, so its records' places are too.
///
/// Open, it grows at its end under the log's lock. Closed, it never changes again and the committer
/// may read it without the lock.
struct Frame: Sendable {
    let segment: Segment
    /// Where its header will be.
    let offset: Int
    let kind: FrameHeader.Kind
    let firstSequence: UInt64
    var flags: FrameHeader.Flags = []
    private(set) var payload = ByteWriter()
    private(set) var batchCount = 0
    private(set) var recordCount = 0

    init(segment: Segment, offset: Int, kind: FrameHeader.Kind, firstSequence: UInt64) {
        self.segment = segment
        self.offset = offset
        self.kind = kind
        self.firstSequence = firstSequence
    }

    /// Where the next frame starts.
    var end: Int { payloadOffset + FrameHeader.padded(payload.count) }

    var payloadOffset: Int { offset + FrameHeader.byteCount }

    /// The newest sequence the frame completes; of a frame without batches, the one before it.
    var lastSequence: UInt64 {
        flags.contains(.batchContinues)
            ? firstSequence - 1 : firstSequence + UInt64(batchCount) - 1
    }

    /// Whether another batch of at most `byteCount` bytes fits.
    func hasRoom(for byteCount: Int) -> Bool {
        kind == .commit && flags.isEmpty && batchCount < Int(UInt16.max)
            && payload.count + byteCount <= StoreLimits.framePayloadByteCountMax
    }

    /// Adds a record and says where it is.
    mutating func append(_ record: Record) -> RecordLocation {
        let start = payload.count
        record.append(to: &payload, in: segment.identity, at: payloadOffset + start)
        recordCount += 1
        return RecordLocation(
            segment: segment.identity.number, offset: payloadOffset + start,
            byteCount: payload.count - start)
    }

    /// Counts a batch whose last record has been appended, or a part of one.
    mutating func endBatch() { batchCount += 1 }

    /// Up to `byteCount` bytes from `offset` of `wanted` on, when they begin in this frame.
    func bytes(of wanted: Segment, at offset: Int, byteCount: Int) -> [UInt8]? {
        let start = offset - payloadOffset
        guard wanted === segment, start >= 0, start < payload.count else { return nil }
        return Array(payload.bytes[start..<min(start + byteCount, payload.count)])
    }

    /// Appends header, payload and padding as they go to disk; returns the header's checksum.
    func encode(
        to writer: inout ByteWriter, previousChecksum: UInt32, promisedSequence: UInt64,
        epoch: UInt32, wallClock: Int64
    ) -> UInt32 {
        let start = writer.count
        writer.appendZeros(FrameHeader.byteCount)
        writer.append(payload.bytes)
        writer.appendZeros(FrameHeader.padded(payload.count) - payload.count)
        let header = FrameHeader(
            kind: kind, flags: flags, batchCount: UInt16(batchCount),
            payloadByteCount: payload.count,
            payloadChecksum: segment.identity.checksum(
                of: writer.bytes, in: start + FrameHeader.byteCount..<writer.count,
                at: payloadOffset),
            recordCount: UInt32(recordCount), firstSequence: firstSequence, epoch: epoch,
            previousChecksum: previousChecksum, promisedSequence: promisedSequence,
            wallClock: wallClock)
        let (bytes, checksum) = header.encoded(in: segment.identity, at: offset)
        writer.overwrite(at: start, with: bytes)
        return checksum
    }
}
