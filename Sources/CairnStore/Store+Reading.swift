import CairnPlatform

extension Store {
    /// What is stored under `key`, read from the log and verified.
    func read(_ key: [UInt8], in space: Keyspace) throws(StoreError) -> Entry? {
        try checkOpen()
        log.counters.countReads(1, stripe: Int(key.last ?? 0))
        guard let (number, found) = try find(key, in: space) else {
            try checkAbsence(in: space.name)
            return nil
        }
        let entry = try entry(found, key, in: number)
        guard Self.isLive(entry.expiry, at: components.clock) else {
            try checkAbsence(in: space.name)
            return nil
        }
        return entry
    }

    private func find(
        _ key: [UInt8], in space: Keyspace
    ) throws(StoreError) -> (number: UInt64, found: IndexTable.Found)? {
        while let number = number(of: space) {
            if let found = try index.find(key, in: number) { return (number, found) }
            // A batch may have put another keyspace in its place meanwhile, and its keys have been swept.
            if self.number(of: space) == number { return nil }
        }
        return nil
    }

    /// The number of the keyspace, or `nil` when it does not exist now.
    func number(of space: Keyspace) -> UInt64? {
        let remembered = space.memory.number(at: index.spacesVersion.current)
        let number =
            remembered
            ?? index.withAccounts { accounts in
                let number = accounts.numbers[space.name] ?? 0
                space.memory.remember(number, at: accounts.version)
                return number
            }
        return number == 0 ? nil : number
    }

    func lastSequence(touching name: String) -> CommitSequence {
        CommitSequence(
            max(openedSequence, index.withAccounts { $0.lastSequence(touching: name) }))
    }

    private static func isLive(_ expiry: Int64?, at clock: any WallClock) -> Bool {
        guard let expiry, !PlantedBug.serveExpired.isPlanted else { return true }
        return expiry > clock.millisecondsSinceEpoch
    }

    private func entry(
        _ found: IndexTable.Found, _ key: [UInt8], in keyspace: UInt64
    ) throws(StoreError) -> Entry {
        PlantedBug.unlockedCounter.race()
        let place = CacheKey(
            .value, id: found.segment.identity.number, place: UInt64(found.place.offset))
        if let cached = cache.find(place) as? CachedRecord, cached.keyspace == keyspace,
            cached.entry.key == key
        {
            try checkDurable(cached.entry.sequence.rawValue)
            return cached.entry
        }
        let entry = try readEntry(
            at: Int(found.place.offset), byteCount: found.place.readByteCount, in: found.segment,
            key, keyspace)
        if entry.value.count <= CachedRecord.valueByteCountMax {
            cache.insertOnSecondRequest(place) { CachedRecord(keyspace: keyspace, entry: entry) }
        }
        return entry
    }

    /// The entry whose record is at a place, read and verified.
    func readEntry(
        at offset: Int, byteCount: Int, in segment: Segment, _ key: [UInt8], _ keyspace: UInt64
    ) throws(StoreError) -> Entry {
        let reader = RecordReader(log: log)
        let found = try reader.record(
            at: offset, byteCount: byteCount, in: segment, .put, key, 0..<key.count,
            keyspace: keyspace)
        try checkDurable(found.layout.sequence)
        let value =
            found.layout.flags.contains(.chunked)
            ? try chunkedValue(found, at: offset, in: segment, key, keyspace)
            : try reader.value(of: found, at: offset, in: segment)
        return Entry(
            key: key, value: value, metadata: found.metadata, expiry: found.layout.expiry,
            sequence: CommitSequence(found.layout.sequence))
    }

    private func chunkedValue(
        _ found: RecordReader.Found, at offset: Int, in segment: Segment, _ key: [UInt8],
        _ keyspace: UInt64
    ) throws(StoreError) -> [UInt8] {
        let reader = RecordReader(log: log)
        guard let list = ChunkList(Array(found.bytes[found.layout.stored])) else {
            throw reader.damage(segment, offset, "a list of chunks", "something else")
        }
        var value: [UInt8] = []
        value.reserveCapacity(list.valueByteCount)
        for chunk in list.chunks {
            guard let home = index.withAccounts({ $0.segment(chunk.segment) }) else {
                throw reader.damage(
                    segment, offset, "a chunk in a segment of this store",
                    "segment \(chunk.segment)")
            }
            let part = try reader.record(
                at: chunk.offset, byteCount: chunk.byteCount, in: home, .chunk, key,
                0..<key.count, keyspace: keyspace)
            value += try reader.value(of: part, at: chunk.offset, in: home)
        }
        var checksum = CRC32C()
        checksum.add(value)
        guard value.count == list.valueByteCount, checksum.value == list.valueChecksum else {
            throw reader.damage(
                segment, offset,
                "a value of \(list.valueByteCount) bytes with checksum \(list.valueChecksum)",
                "\(value.count) bytes with checksum \(checksum.value)")
        }
        return value
    }

    func checkOpen() throws(StoreError) {
        if isClosed { throw StoreError(.closed, "the store has been closed") }
    }

    /// After a failed write or sync nothing above the durable sequence may be answered with.
    func checkDurable(_ sequence: UInt64) throws(StoreError) {
        guard let failure, sequence > durableSequence.rawValue else { return }
        throw failure
    }

    /// A key may be absent only because of a commit whose outcome is unknown.
    func checkAbsence(in name: String) throws(StoreError) {
        guard failure != nil else { return }
        try checkDurable(lastSequence(touching: name).rawValue)
    }
}
