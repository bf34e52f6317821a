extension Store {
    /// The entries in `range` with their values.
    func list(_ range: KeyRange, in space: Keyspace) throws(StoreError) -> [Entry] {
        var entries: [Entry] = []
        try walk(range, in: space, needsValues: true) { page, item, number throws(StoreError) in
            entries.append(try entry(item, of: page, in: number))
            return true
        }
        return entries
    }

    /// The entries in `range`, one at a time.
    func visit(
        _ range: KeyRange, in space: Keyspace,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void
    ) throws {
        var refusal: (any Error)?
        try walk(range, in: space, needsValues: true) { page, item, number throws(StoreError) in
            do {
                try show(item, of: page, in: number, body)
                return true
            } catch {
                refusal = error
                return false
            }
        }
        if let refusal { throw refusal }
    }

    /// The entries in `range` without their values.
    func listKeys(_ range: KeyRange, in space: Keyspace) throws(StoreError) -> [KeyEntry] {
        var keys: [KeyEntry] = []
        try walk(range, in: space, needsValues: false) { page, item, _ throws(StoreError) in
            keys.append(keyEntry(item, of: page))
            return true
        }
        return keys
    }

    /// Everything stored under an item's key.
    func entry(
        _ item: ListPage.Item, of page: ListPage, in keyspace: UInt64
    ) throws(StoreError) -> Entry {
        let key = page.key(item)
        let value =
            if let inPage = item.valueRange {
                Array(page.bytes[inPage])
            } else {
                try read(item, key, in: keyspace).value
            }
        return Entry(
            key: key, value: value, metadata: page.metadata(item), expiry: item.publicExpiry,
            sequence: CommitSequence(item.sequence))
    }

    /// What is known of an item's key without its value.
    func keyEntry(_ item: ListPage.Item, of page: ListPage) -> KeyEntry {
        KeyEntry(
            key: page.key(item), metadata: page.metadata(item), expiry: item.publicExpiry,
            sequence: CommitSequence(item.sequence))
    }

    /// Shows the keys in `range`, until `body` says false.
    func walk(
        _ range: KeyRange, in space: Keyspace, needsValues: Bool,
        _ body: (ListPage, ListPage.Item, _ keyspace: UInt64) throws(StoreError) -> Bool
    ) throws(StoreError) {
        try checkOpen()
        var count = 0
        if let number = number(of: space) {
            try Listing(self, keyspace: number, range, needsValues: needsValues).run {
                page, item throws(StoreError) in
                count += 1
                return try body(page, item, number)
            }
        }
        log.counters.countReads(count, stripe: count)
        try checkAbsence(in: space.name)
    }

    private func show(
        _ item: ListPage.Item, of page: ListPage, in keyspace: UInt64,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void
    ) throws {
        guard let inPage = item.valueRange else {
            let entry = try read(item, page.key(item), in: keyspace)
            return try body(entry.key.span, entry.value.span)
        }
        let bytes = page.bytes
        try body(
            bytes.span.extracting(item.keyRange), bytes.span.extracting(inPage))
    }

    /// The entry of an item whose value is not in its page.
    private func read(
        _ item: ListPage.Item, _ key: [UInt8], in keyspace: UInt64
    ) throws(StoreError) -> Entry {
        guard let segment = index.withAccounts({ $0.segment(item.location.segment) }) else {
            throw StoreError(
                .corrupt,
                "a key run names segment \(item.location.segment), which is not of this store")
        }
        return try readEntry(
            at: Int(item.location.offset), byteCount: Int(item.location.byteCount), in: segment,
            key, keyspace)
    }
}
