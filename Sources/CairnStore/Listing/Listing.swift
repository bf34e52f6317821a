import CairnPlatform

/// One listing: the keys of a range of one keyspace, all as they were at one moment.
///
/// A range whose pages are all in use is answered from them. Otherwise the keys are captured as they are
/// now, in runs and buffers that do not change any more, and merged page by page; the pages are published
/// for others as long as nothing has changed since.
struct Listing {
    /// How much is made at a time.
    static let itemCountMax = 128
    static let pageByteCountMax = 64 << 10
    /// A longer record's value is not kept in a page.
    static let valueByteCountMax = 8 << 10

    /// Takes one key; false ends the listing.
    typealias Body = (ListPage, ListPage.Item) throws(StoreError) -> Bool

    private let store: Store
    private let keyspace: UInt64
    private let range: KeyRange
    private let needsValues: Bool
    private let lower: [UInt8]
    private let upper: [UInt8]?
    private let now: Int64

    init(_ store: Store, keyspace: UInt64, _ range: KeyRange, needsValues: Bool) {
        self.store = store
        self.keyspace = keyspace
        self.range = range
        self.needsValues = needsValues
        lower = range.lowerBound
        upper = range.upperBound
        now = store.components.clock.millisecondsSinceEpoch
    }

    /// Shows the keys, in the order asked for. `body` is called without any lock.
    func run(_ body: Body) throws(StoreError) {
        if range.limit.map({ $0 <= 0 }) ?? false { return }
        if let upper, !ByteOrder.precedes(lower, upper) { return }
        var left = range.limit ?? .max
        if let pages = knownPages() {
            for page in pages where try !show(page, &left, body) { return }
        } else {
            try merge(&left, body)
        }
    }

    /// The pages that answer the whole listing; `nil` when one is missing or something changed meanwhile.
    private func knownPages() -> [ListPage]? {
        let pages = store.index.pages
        // One page is one moment's view; of several none may have changed in between.
        let moment = pages.moment(keyspace)
        var found: [ListPage] = []
        var left = range.limit ?? .max
        var place = range.reverse ? upper : lower
        while true {
            guard let page = pages.page(keyspace, at: place, before: range.reverse),
                page.hasValues || !needsValues
            else { return nil }
            found.append(page)
            left -= count(page)
            place = range.reverse ? page.lower : page.upper
            if left <= 0 || isEnd(place) { break }
        }
        return found.count == 1 || pages.isStill(moment, keyspace) ? found : nil
    }

    /// Whether the listing ends where a page does.
    private func isEnd(_ bound: [UInt8]?) -> Bool {
        guard let bound else { return true }
        if range.reverse { return !ByteOrder.precedes(lower, bound) }
        return upper.map { !ByteOrder.precedes(bound, $0) } ?? false
    }

    /// The items of a page inside the range.
    private func indices(_ page: ListPage) -> Range<Int> {
        let start = ByteOrder.precedes(page.lower, lower) ? page.index(atOrAfter: lower) : 0
        guard let upper else { return start..<page.items.count }
        let reachesOver = page.upper.map { ByteOrder.precedes(upper, $0) } ?? true
        let end = reachesOver ? page.index(atOrAfter: upper) : page.items.count
        return start..<max(start, end)
    }

    private func count(_ page: ListPage) -> Int {
        var count = 0
        for index in indices(page) where page.items[index].isLive(at: now) { count += 1 }
        return count
    }

    /// - Returns: whether the listing goes on.
    private func show(
        _ page: ListPage, _ left: inout Int, _ body: Body
    ) throws(StoreError) -> Bool {
        let indices = indices(page)
        for offset in 0..<indices.count {
            guard left > 0 else { return false }
            let index =
                range.reverse ? indices.upperBound - 1 - offset : indices.lowerBound + offset
            let item = page.items[index]
            guard item.isLive(at: now) else { continue }
            left -= 1
            try store.checkDurable(item.sequence)
            guard try body(page, item) else { return false }
        }
        return left > 0
    }

    /// Captures the keys and shows them page by page.
    private func merge(_ left: inout Int, _ body: Body) throws(StoreError) {
        let moment = store.index.pages.moment(keyspace)
        var pager = try ListPager(
            store, keyspace: keyspace, lower: lower, upper: upper, reverse: range.reverse,
            needsValues: needsValues)
        while let page = try pager.next(itemCount: min(left, Self.itemCountMax), now) {
            store.index.pages.publish(page, keyspace, since: moment)
            guard try show(page, &left, body) else { return }
        }
    }
}
