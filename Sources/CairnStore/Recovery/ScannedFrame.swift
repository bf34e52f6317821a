/// One whole frame, in the bytes it was read in.
///
/// Its records are known by where their parts are; whoever needs one as a value makes it.
struct ScannedFrame {
    let header: FrameHeader
    let checksum: UInt32
    let segment: UInt64
    /// Where in the segment the header is.
    let offset: Int
    /// The records, in order and without gaps, with their places in `bytes`.
    let layouts: [RecordLayout]
    /// What was read; it may begin before the frame and end behind it.
    let bytes: [UInt8]
    /// Where in `bytes` the payload begins.
    let payloadIndex: Int

    /// Where the next frame starts.
    var end: Int { payloadOffset + header.paddedPayloadByteCount }

    private var payloadOffset: Int { offset + FrameHeader.byteCount }

    /// Where the record with that index is.
    func location(of index: Int) -> RecordLocation {
        let start = index == 0 ? payloadIndex : layouts[index - 1].end
        return RecordLocation(
            segment: segment, offset: payloadOffset + start - payloadIndex,
            byteCount: layouts[index].end - start)
    }

    /// The record with that index, in arrays of its own.
    func record(_ index: Int) -> PlacedRecord {
        PlacedRecord(
            record: Record(layouts[index], in: bytes), location: location(of: index))
    }

    /// The record with that index as the index takes it: of values only lists of chunks.
    func recordWithoutValue(_ index: Int) -> PlacedRecord {
        let layout = layouts[index]
        return PlacedRecord(
            record: Record(layout, in: bytes, withValue: layout.flags.contains(.chunked)),
            location: location(of: index))
    }

    /// All records, in arrays of their own.
    var records: [PlacedRecord] { layouts.indices.map(record) }
}
