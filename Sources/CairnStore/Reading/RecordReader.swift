import CairnFiles

/// Reads single records by their place and verifies every byte of them, always.
struct RecordReader {
    let log: Log

    /// A record and the buffer it stands in.
    struct Found {
        let layout: RecordLayout
        let bytes: [UInt8]

        var key: [UInt8] { Array(bytes[layout.key]) }

        var metadata: [UInt8] {
            layout.metadata.isEmpty ? [] : Array(bytes[layout.metadata])
        }
    }

    /// The record at `offset` of `segment`, which must be `kind` of `key` in `keyspace`.
    /// - Parameters:
    ///   - byteCount: at least the record's length, nearly always.
    ///   - keys: a buffer in which the key lies, at `key`.
    /// - Throws: `.corrupt` when it is anything else; never a wrong or an older value.
    func record(
        at offset: Int, byteCount: Int, in segment: Segment, _ kind: Record.Kind,
        _ keys: [UInt8], _ key: Range<Int>, keyspace: UInt64
    ) throws(StoreError) -> Found {
        guard let found = try read(at: offset, byteCount, in: segment) else {
            throw damage(segment, offset, "a record with a valid checksum", "something else")
        }
        let layout = found.layout
        guard layout.kind == kind, layout.keyspace == keyspace,
            KeyMemory.compare(found.bytes, layout.key, keys, key) == 0
        else {
            throw damage(
                segment, offset, "a \(kind) of keyspace \(keyspace)",
                "a \(layout.kind) of keyspace \(layout.keyspace)")
        }
        return found
    }

    /// The value that an inline record holds.
    func value(
        of found: Found, at offset: Int, in segment: Segment
    ) throws(StoreError) -> [UInt8] {
        let stored = found.bytes[found.layout.stored]
        switch found.layout.codec {
        case .raw: return Array(stored)
        case .deflate:
            let byteCount = found.layout.rawByteCount
            guard let value = Deflate.expand(Array(stored), to: byteCount) else {
                throw damage(segment, offset, "\(byteCount) bytes of deflate", "something else")
            }
            return value
        }
    }

    /// Appends the value that an inline record holds and returns its length.
    func append(
        _ found: Found, at offset: Int, in segment: Segment, to bytes: inout [UInt8]
    ) throws(StoreError) -> Int {
        guard found.layout.codec == .raw else {
            let value = try value(of: found, at: offset, in: segment)
            bytes += value
            return value.count
        }
        bytes.append(contentsOf: found.bytes[found.layout.stored])
        return found.layout.stored.count
    }

    func damage(
        _ segment: Segment, _ offset: Int, _ expected: String, _ found: String
    ) -> StoreError {
        // What was never durable may have gone with the failure.
        log.progress.failure
            ?? StoreError(
                .corrupt,
                "\(segment.path) is damaged at offset \(offset): expected \(expected), found "
                    + "\(found); restore a copy, or look with `cairn store verify`")
    }

    /// The record at `offset`; `nil` when there is none that is whole.
    private func read(
        at offset: Int, _ byteCount: Int, in segment: Segment
    ) throws(StoreError) -> Found? {
        let bytes = try bytes(at: offset, byteCount, in: segment)
        var reader = ByteReader(bytes)
        if let layout = RecordLayout.decode(&reader, in: segment.identity, at: offset) {
            return Found(layout: layout, bytes: bytes)
        }
        // Of a chunked value's record the length is not known, only the whole value's.
        let longest = StoreLimits.framePayloadByteCountMax
        guard bytes.count == byteCount, byteCount < longest else { return nil }
        let more = try self.bytes(at: offset, longest, in: segment)
        reader = ByteReader(more)
        return RecordLayout.decode(&reader, in: segment.identity, at: offset).map {
            Found(layout: $0, bytes: more)
        }
    }

    private func bytes(
        at offset: Int, _ byteCount: Int, in segment: Segment
    ) throws(StoreError) -> [UInt8] {
        if offset >= segment.writtenEnd,
            let bytes = log.pendingBytes(of: segment, at: offset, byteCount: byteCount)
        {
            return bytes
        }
        log.counters.countDiskRead(byteCount: byteCount, stripe: offset >> 6)
        return try naming("cannot read \(segment.path)") { () throws(FileError) in
            try segment.read(at: offset, byteCount: byteCount)
        }
    }
}
