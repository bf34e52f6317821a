import CairnFiles

/// Reads single records by location and verifies every byte of them, always.
struct RecordReader {
    let log: Log

    /// The record at `location`, which must be `kind` of `key` in `keyspace`.
    /// - Throws: `.corrupt` when it is anything else; never a wrong or an older value.
    func record(
        at location: RecordLocation, in segment: Segment, _ kind: Record.Kind, _ key: [UInt8],
        keyspace: UInt64
    ) throws(StoreError) -> Record {
        let bytes = try bytes(at: location, in: segment)
        var reader = ByteReader(bytes)
        let record = Record.decode(
            &reader, in: segment.identity, at: Int(location.offset))
        guard let record, reader.remaining == 0 else {
            throw damage(segment, location, "a record with a valid checksum", "something else")
        }
        guard record.kind == kind, record.keyspace == keyspace, record.key == key else {
            throw damage(
                segment, location, "a \(kind) of keyspace \(keyspace)",
                "a \(record.kind) of keyspace \(record.keyspace)")
        }
        return record
    }

    /// The value that an inline record holds.
    func value(
        of record: Record, at location: RecordLocation, in segment: Segment
    ) throws(StoreError) -> [UInt8] {
        switch record.codec {
        case .raw: return record.stored
        case .deflate:
            guard let value = Deflate.expand(record.stored, to: record.rawByteCount) else {
                throw damage(
                    segment, location, "\(record.rawByteCount) bytes of deflate", "something else")
            }
            return value
        }
    }

    func damage(
        _ segment: Segment, _ location: RecordLocation, _ expected: String, _ found: String
    ) -> StoreError {
        StoreError(
            .corrupt,
            "\(segment.path) is damaged at offset \(location.offset): expected \(expected), found "
                + "\(found); restore a copy, or look with `cairn store verify`")
    }

    private func bytes(
        at location: RecordLocation, in segment: Segment
    ) throws(StoreError) -> [UInt8] {
        let end = Int(location.offset) + Int(location.byteCount)
        if end > segment.writtenEnd, let bytes = log.pendingBytes(at: location) { return bytes }
        log.counters.countDiskRead(
            byteCount: Int(location.byteCount), stripe: Int(location.offset >> 6))
        return try naming("cannot read \(segment.path)") { () throws(FileError) in
            try segment.read(at: Int(location.offset), byteCount: Int(location.byteCount))
        }
    }
}
