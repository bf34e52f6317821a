/// Where a record is: enough to read it with one `pread`.
struct RecordLocation: Hashable, Sendable {
    var segment: UInt64
    var offset: UInt32
    var byteCount: UInt32

    init(segment: UInt64, offset: Int, byteCount: Int) {
        self.segment = segment
        self.offset = UInt32(offset)
        self.byteCount = UInt32(byteCount)
    }
}

/// A record and where it is.
struct PlacedRecord: Sendable {
    var record: Record
    var location: RecordLocation

    /// Bytes of the log that die with the record: its own, and those of its chunks.
    var footprint: Int {
        var sum = Int(location.byteCount)
        if record.flags.contains(.chunked), let list = ChunkList(record.stored) {
            for chunk in list.chunks { sum += chunk.byteCount }
        }
        return sum
    }
}
