import CairnPlatform

/// Makes the pages of one listing, one after another, from keys captured at one moment.
struct ListPager {
    private let index: StoreIndex
    private let keyspace: UInt64
    private let reverse: Bool
    /// What is left of the range.
    private var lower: [UInt8]
    private var upper: [UInt8]?
    private var merge: KeyMerge?
    private var bytes: [UInt8] = []
    private var items: [ListPage.Item] = []

    init(
        _ index: StoreIndex, keyspace: UInt64, lower: [UInt8], upper: [UInt8]?, reverse: Bool
    ) throws(StoreError) {
        self.index = index
        self.keyspace = keyspace
        self.lower = lower
        self.upper = upper
        self.reverse = reverse
        merge = try index.merge(keyspace, from: lower, to: upper, reverse: reverse)
    }

    /// The next page, with up to `itemCount` keys; `nil` behind the last.
    mutating func next(itemCount: Int) throws(StoreError) -> ListPage? {
        guard merge != nil else { return nil }
        bytes = []
        items = []
        items.reserveCapacity(min(itemCount, Listing.itemCountMax))
        var isLast = false
        while items.count < itemCount, bytes.count < Listing.pageByteCountMax {
            guard let found = try nextItem() else {
                isLast = true
                merge = nil
                break
            }
            if found.entry.kind == .put { add(found) }
        }
        let lastKey = items.last.map { Array(bytes[$0.keyRange]) } ?? []
        // Items of a listing in reverse were found from the greatest to the least.
        if reverse { items.reverse() }
        let page = ListPage(
            lower: reverse && !isLast ? lastKey : lower,
            upper: reverse || isLast ? upper : lastKey + [0], bytes: bytes, items: items)
        if reverse { upper = page.lower } else if let end = page.upper { lower = end }
        return page
    }

    private mutating func nextItem() throws(StoreError) -> KeyMerge.Item? {
        do throws(KeyRunError) { return try merge?.next() } catch {
            // A damaged run has been made anew from the log; what has been shown stays as it was.
            try index.repairKeys(error)
            merge = try index.merge(keyspace, from: rest.0, to: rest.1, reverse: reverse)
            do throws(KeyRunError) { return try merge?.next() } catch { throw index.damage(error) }
        }
    }

    /// The range behind the newest item.
    private var rest: ([UInt8], [UInt8]?) {
        guard let last = items.last else { return (lower, upper) }
        let key = Array(bytes[last.keyRange])
        return reverse ? (lower, key) : (key + [0], upper)
    }

    private mutating func add(_ found: KeyMerge.Item) {
        let entry = found.entry
        items.append(
            ListPage.Item(
                keyStart: bytes.count, keyByteCount: Int(entry.keyByteCount),
                metadataByteCount: Int(entry.metadataByteCount), valueStart: 0,
                valueByteCount: -1, expiry: entry.expiry, sequence: entry.sequence,
                location: entry.location, footprint: entry.footprint))
        bytes.append(
            contentsOf: found.block.bytes[
                entry.keyRange.lowerBound..<entry.metadataRange.upperBound])
    }
}
