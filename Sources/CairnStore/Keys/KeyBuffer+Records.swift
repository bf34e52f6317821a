extension KeyBuffer {
    /// Enters the key of one record of the log, or counts its bytes.
    mutating func append(_ placed: PlacedRecord) {
        let record = placed.record
        var entry = IndexedKey(
            keyspace: record.keyspace, sequence: record.sequence,
            segment: placed.location.segment, offset: placed.location.offset,
            byteCount: placed.location.byteCount, footprint: UInt32(placed.footprint))
        switch record.kind {
        case .put:
            entry.expiry = record.expiry ?? IndexedKey.never
            append(entry, key: record.key, metadata: record.metadata)
        case .delete:
            entry.kind = .delete
            append(entry, key: record.key)
        case .createKeyspace, .dropKeyspace:
            entry.keyspace = 0
            entry.target = record.keyspace
            if record.kind == .dropKeyspace { entry.kind = .delete }
            append(entry, key: record.key)
        case .chunk:
            countRecordBytes(Int(placed.location.byteCount), in: placed.location.segment)
        }
    }

    /// The run in memory of a stretch of the log, all of whose keys are here.
    func run(
        of stretch: KeyStretch, store: StoreID, salt: UInt64, segmentSalts: [UInt64: UInt64]
    ) throws(KeyRunError) -> KeyRun {
        let writer = KeyRunWriter(
            store: store, salt: salt, firstSequence: stretch.firstSequence,
            lastSequence: stretch.lastSequence, from: stretch.from, to: stretch.to,
            segments: segments.map { share in
                KeyRunSegment(
                    number: share.number, salt: segmentSalts[share.number] ?? 0,
                    recordByteCount: share.recordByteCount)
            })
        return try KeyRun.inMemory(sorted(), into: writer)
    }
}
