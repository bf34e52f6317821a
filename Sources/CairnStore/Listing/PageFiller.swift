/// Puts values into a page.
struct PageFiller {
    private let store: Store
    private let keyspace: UInt64
    private let segments: [UInt64: Segment]

    init(_ store: Store, _ keyspace: UInt64) {
        self.store = store
        self.keyspace = keyspace
        segments = store.index.segments
    }

    /// A page like `page` that also has the values of the items at `indices`, of those that live and are
    /// short enough.
    func fill(
        _ page: ListPage, _ indices: Range<Int>, _ now: Int64
    ) throws(StoreError) -> ListPage {
        var bytes = page.bytes
        var items = page.items
        let expected = indices.reduce(0) { sum, index in
            items[index].lacksValue ? sum + Int(items[index].footprint) : sum
        }
        bytes.reserveCapacity(bytes.count + expected)
        let reader = RecordReader(log: store.log)
        for index in indices where items[index].lacksValue && items[index].isLive(at: now) {
            let item = items[index]
            try store.checkDurable(item.sequence)
            guard let segment = segments[item.location.segment] else {
                throw StoreError(
                    .corrupt,
                    "a key run names segment \(item.location.segment), which is not of this store")
            }
            let offset = Int(item.location.offset)
            let found = try reader.record(
                at: offset, byteCount: Int(item.location.byteCount), in: segment, .put,
                page.bytes, item.keyRange, keyspace: keyspace)
            items[index].valueStart = bytes.count
            items[index].valueByteCount = try reader.append(
                found, at: offset, in: segment, to: &bytes)
        }
        return ListPage(lower: page.lower, upper: page.upper, bytes: bytes, items: items)
    }
}
