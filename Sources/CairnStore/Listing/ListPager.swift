import CairnPlatform

/// Makes the pages of one listing, one after another, from keys captured at one moment.
struct ListPager {
    private let store: Store
    private let keyspace: UInt64
    private let reverse: Bool
    private let needsValues: Bool
    /// What is left of the range.
    private var lower: [UInt8]
    private var upper: [UInt8]?
    private var merge: KeyMerge?
    /// The segments by number: at least those that the captured keys are in.
    private var segments: [UInt64: Segment]
    private var bytes: [UInt8] = []
    private var items: [ListPage.Item] = []

    init(
        _ store: Store, keyspace: UInt64, lower: [UInt8], upper: [UInt8]?, reverse: Bool,
        needsValues: Bool
    ) throws(StoreError) {
        self.store = store
        self.keyspace = keyspace
        self.lower = lower
        self.upper = upper
        self.reverse = reverse
        self.needsValues = needsValues
        merge = try store.index.merge(keyspace, from: lower, to: upper, reverse: reverse)
        // Not before: the newest keys may lie in a segment that has just been added.
        segments = needsValues ? store.index.segments : [:]
    }

    /// The next page, with up to `itemCount` keys that are live at `now`; `nil` behind the last.
    mutating func next(itemCount: Int, _ now: Int64) throws(StoreError) -> ListPage? {
        guard merge != nil else { return nil }
        bytes = []
        items = []
        var liveCount = 0
        var lastKey: [UInt8] = []
        var isLast = false
        while liveCount < itemCount, bytes.count < Listing.pageByteCountMax {
            guard let found = try nextItem() else {
                isLast = true
                merge = nil
                break
            }
            guard found.entry.kind == .put else { continue }
            let item = try add(found)
            if item.isLive(at: now) { liveCount += 1 }
        }
        if let last = items.last { lastKey = Array(bytes[last.keyRange]) }
        if reverse { turnAround() }
        let page = ListPage(
            lower: reverse && !isLast ? lastKey : lower,
            upper: reverse || isLast ? upper : lastKey + [0], bytes: bytes, items: items,
            hasValues: needsValues)
        if reverse { upper = page.lower } else if let end = page.upper { lower = end }
        return page
    }

    private mutating func nextItem() throws(StoreError) -> KeyMerge.Item? {
        do throws(KeyRunError) { return try merge?.next() } catch {
            // A damaged run has been made anew from the log; what has been shown stays as it was.
            try store.index.repairKeys(error)
            merge = try store.index.merge(keyspace, from: rest.0, to: rest.1, reverse: reverse)
            if needsValues { segments = store.index.segments }
            do throws(KeyRunError) { return try merge?.next() } catch {
                throw store.index.damage(error)
            }
        }
    }

    /// The range behind the newest item.
    private var rest: ([UInt8], [UInt8]?) {
        guard let last = items.last else { return (lower, upper) }
        let key = Array(bytes[last.keyRange])
        return reverse ? (lower, key) : (key + [0], upper)
    }

    private mutating func add(_ found: KeyMerge.Item) throws(StoreError) -> ListPage.Item {
        let entry = found.entry
        var item = ListPage.Item(
            keyStart: bytes.count, keyByteCount: Int(entry.keyByteCount),
            metadataByteCount: Int(entry.metadataByteCount), valueByteCount: -1,
            expiry: entry.expiry, sequence: entry.sequence, location: entry.location)
        bytes += found.block.bytes[entry.keyRange.lowerBound..<entry.metadataRange.upperBound]
        if needsValues && Int(entry.footprint) <= Listing.valueByteCountMax {
            let value = try value(of: entry, key: Array(bytes[item.keyRange]))
            item.valueByteCount = value.count
            bytes += value
        }
        items.append(item)
        return item
    }

    private func value(of entry: IndexedKey, key: [UInt8]) throws(StoreError) -> [UInt8] {
        guard let segment = segments[entry.segment] else {
            throw StoreError(
                .corrupt, "a key run names segment \(entry.segment), which is not of this store")
        }
        try store.checkDurable(entry.sequence)
        return try store.readEntry(
            at: Int(entry.offset), byteCount: Int(entry.byteCount), in: segment, key, keyspace
        ).value
    }

    /// Items were found from the greatest to the least; a page has them the other way round.
    private mutating func turnAround() { items.reverse() }
}
