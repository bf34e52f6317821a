import CairnPlatform

/// One listing: the keys of a range of one keyspace, all as they were at one moment.
///
/// A short one is answered from pages, of which those that are missing are made and published for others.
/// If something of the keyspace changed meanwhile, or if it is long, the keys are captured as they are now,
/// in runs and buffers that do not change any more, and merged page by page.
struct Listing {
    /// How much is made at a time.
    static let itemCountMax = 128
    static let pageByteCountMax = 64 << 10
    /// The value of a longer record is not kept in a page.
    static let recordByteCountMax = 8 << 10
    /// A listing over more pages is merged from one capture.
    private static let collectedPageCountMax = 16
    /// So many values that are not in a page are read one by one; more are put into it.
    private static let loneValueCountMax = 7

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
        let moment = store.index.pages.moment(keyspace)
        guard let pages = try collect(moment) else { return try merge(moment, &left, body) }
        for page in pages where try !show(page, &left, body) { return }
    }

    /// The pages that answer the whole listing, those made that were not there yet; `nil` when it takes
    /// too many, or when something changed meanwhile: then they are not one moment's view.
    private func collect(_ moment: ListPages.Moment) throws(StoreError) -> [ListPage]? {
        let pages = store.index.pages
        guard pages.isInUse else { return nil }
        var found: [ListPage] = []
        var left = range.limit ?? .max
        var place = range.reverse ? upper : lower
        repeat {
            guard found.count < Self.collectedPageCountMax else { return nil }
            let page: ListPage
            switch pages.look(keyspace, at: place, before: range.reverse) {
            case .page(let known): page = known
            case .gap(let end):
                guard let made = try make(from: place, to: end) else { return nil }
                pages.publish(made, keyspace, since: moment)
                page = made
            }
            let filled = try filled(page, left)
            if filled !== page { pages.publish(filled, keyspace, since: moment) }
            found.append(filled)
            left -= count(filled)
            place = range.reverse ? page.lower : page.upper
        } while left > 0 && !isEnd(place)
        // A single page that was there, or was made of one capture, is one moment's view by itself.
        if found.count == 1 { return found }
        return pages.isStill(moment, keyspace) ? found : nil
    }

    /// A page from `place` on that ends at the latest where the next known one begins.
    private func make(from place: [UInt8]?, to end: [UInt8]?) throws(StoreError) -> ListPage? {
        var (first, last) = range.reverse ? (end ?? lower, place) : (place ?? [], end ?? upper)
        if range.reverse, ByteOrder.precedes(first, lower) { first = lower }
        if !range.reverse, let bound = upper, last.map({ ByteOrder.precedes(bound, $0) }) ?? true {
            last = bound
        }
        var pager = try ListPager(
            store.index, keyspace: keyspace, lower: first, upper: last, reverse: range.reverse)
        return try pager.next(itemCount: Self.itemCountMax)
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
    private func merge(
        _ moment: ListPages.Moment, _ left: inout Int, _ body: Body
    ) throws(StoreError) {
        var pager = try ListPager(
            store.index, keyspace: keyspace, lower: lower, upper: upper, reverse: range.reverse)
        // What is asked for next is often what comes next.
        let count = store.cache.capacity > 0 ? Self.itemCountMax : min(left, Self.itemCountMax)
        while let page = try pager.next(itemCount: count) {
            let filled = try filled(page, left)
            store.index.pages.publish(filled, keyspace, since: moment)
            guard try show(filled, &left, body) else { return }
        }
    }

    /// The page with the values that will be shown, if many of them are not there yet.
    private func filled(_ page: ListPage, _ left: Int) throws(StoreError) -> ListPage {
        guard needsValues else { return page }
        var indices = indices(page)
        if indices.count > left {
            indices =
                range.reverse
                ? indices.upperBound - left..<indices.upperBound
                : indices.lowerBound..<indices.lowerBound + left
        }
        var lacking = 0
        for index in indices where page.items[index].lacksValue { lacking += 1 }
        guard lacking > Self.loneValueCountMax else { return page }
        return try PageFiller(store, keyspace).fill(page, indices, now)
    }
}
