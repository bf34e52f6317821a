import CairnPlatform

extension Store {
    /// What is stored under `key`, read from the log and verified.
    func read(_ key: [UInt8], in name: String) throws(StoreError) -> Entry? {
        try checkOpen()
        let now = components.clock.millisecondsSinceEpoch
        log.counters.countReads(1, stripe: Int(key.last ?? 0))
        let found = index.withLock { $0.find(key, in: name) }
        guard let found, found.entry.isLive(at: now) else {
            try checkAbsence(in: name)
            return nil
        }
        return try entry(found)
    }

    /// The entries in `range` with their values.
    func list(_ range: KeyRange, in name: String) throws(StoreError) -> [Entry] {
        var entries: [Entry] = []
        for found in try find(range, in: name) { entries.append(try entry(found)) }
        return entries
    }

    /// The entries in `range`, one at a time.
    func visit(
        _ range: KeyRange, in name: String,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void
    ) throws {
        for found in try find(range, in: name) {
            let record = try record(found)
            let value = try value(of: record, found)
            try body(record.key.span, value.span)
        }
    }

    /// The entries in `range` without their values.
    func listKeys(_ range: KeyRange, in name: String) throws(StoreError) -> [KeyEntry] {
        var keys: [KeyEntry] = []
        for found in try find(range, in: name) {
            // Metadata lives in the record; without any the index knows it all.
            let metadata = found.entry.hasMetadata ? try record(found).metadata : []
            keys.append(
                KeyEntry(
                    key: found.entry.key, metadata: metadata, expiry: found.entry.publicExpiry,
                    sequence: CommitSequence(found.entry.sequence)))
        }
        return keys
    }

    func lastSequence(touching name: String) -> CommitSequence {
        CommitSequence(index.withLock { $0.lastSequence(touching: name) })
    }

    private func find(
        _ range: KeyRange, in name: String
    ) throws(StoreError) -> [KeyIndex.Found] {
        try checkOpen()
        let now = components.clock.millisecondsSinceEpoch
        let found = index.withLock { $0.find(range, in: name, at: now) }
        log.counters.countReads(found.count, stripe: found.count)
        try checkAbsence(in: name)
        return found
    }

    private func entry(_ found: KeyIndex.Found) throws(StoreError) -> Entry {
        let record = try record(found)
        return Entry(
            key: record.key, value: try value(of: record, found), metadata: record.metadata,
            expiry: record.expiry,
            sequence: CommitSequence(record.sequence))
    }

    private func value(
        of record: Record, _ found: KeyIndex.Found
    ) throws(StoreError) -> [UInt8] {
        record.flags.contains(.chunked)
            ? try chunkedValue(record, found)
            : try RecordReader(log: log).value(
                of: record, at: found.entry.location, in: found.segment)
    }

    private func record(_ found: KeyIndex.Found) throws(StoreError) -> Record {
        PlantedBug.unlockedCounter.race()
        try checkDurable(found.entry.sequence)
        return try RecordReader(log: log).record(
            at: found.entry.location, in: found.segment, .put, found.entry.key,
            keyspace: found.keyspace)
    }

    private func chunkedValue(
        _ record: Record, _ found: KeyIndex.Found
    ) throws(StoreError) -> [UInt8] {
        let reader = RecordReader(log: log)
        guard let list = ChunkList(record.stored) else {
            throw reader.damage(
                found.segment, found.entry.location, "a list of chunks", "something else")
        }
        var value: [UInt8] = []
        value.reserveCapacity(list.valueByteCount)
        for chunk in list.chunks {
            let location = RecordLocation(
                segment: chunk.segment, offset: chunk.offset, byteCount: chunk.byteCount)
            guard let segment = index.withLock({ $0.segment(chunk.segment) }) else {
                throw reader.damage(
                    found.segment, found.entry.location, "a chunk in a segment of this store",
                    "segment \(chunk.segment)")
            }
            let part = try reader.record(
                at: location, in: segment, .chunk, record.key, keyspace: record.keyspace)
            value += try reader.value(of: part, at: location, in: segment)
        }
        var checksum = CRC32C()
        checksum.add(value)
        guard value.count == list.valueByteCount, checksum.value == list.valueChecksum else {
            throw reader.damage(
                found.segment, found.entry.location,
                "a value of \(list.valueByteCount) bytes with checksum \(list.valueChecksum)",
                "\(value.count) bytes with checksum \(checksum.value)")
        }
        return value
    }

    private func checkOpen() throws(StoreError) {
        if isClosed { throw StoreError(.closed, "the store has been closed") }
    }

    /// After a failed write or sync nothing above the durable sequence may be answered with.
    private func checkDurable(_ sequence: UInt64) throws(StoreError) {
        guard let failure, sequence > durableSequence.rawValue else { return }
        throw failure
    }

    /// A key may be absent only because of a commit whose outcome is unknown.
    private func checkAbsence(in name: String) throws(StoreError) {
        guard failure != nil else { return }
        try checkDurable(index.withLock { $0.lastSequence(touching: name) })
    }
}
