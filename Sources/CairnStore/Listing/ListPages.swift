import CairnPlatform
import Synchronization

/// The list pages in use, by keyspace and range; the pages themselves are in the cache.
///
/// A page is taken out before a commit with one of its keys becomes visible. Whoever fills a page has
/// read the keys at some moment; the page is published only if nothing of the keyspace's stripe has
/// changed since, so a page that is found is never older than what anybody has seen.
///
/// Invariants
/// - The references of a keyspace ascend and do not overlap.
/// - While a change is on its way no page of its stripe is published.
///
/// Lock order: a stripe's lock, then the cache's.
final class ListPages: Sendable {
    private static let stripeCount = 64
    /// References of one keyspace before they are forgotten and found anew: the cache evicts pages
    /// without telling.
    private static let referenceCountMax = 8192

    private struct Reference {
        let lower: [UInt8]
        let upper: [UInt8]?
        let id: UInt64
        let hasValues: Bool
    }

    private struct State {
        var version: UInt64 = 0
        /// Commits on their way.
        var changing = 0
        var spaces: [UInt64: [Reference]] = [:]
    }

    /// What a stripe looked like when somebody began to fill a page.
    struct Moment: Sendable {
        fileprivate let version: UInt64
        fileprivate let isQuiet: Bool
    }

    private let cache: StoreCache
    private let stripes: [Locked<State>]
    private let nextID = Atomic<UInt64>(1)

    init(cache: StoreCache) {
        self.cache = cache
        stripes = (0..<Self.stripeCount).map { _ in Locked(State()) }
    }

    /// The page that speaks for `key`, or, for listings in reverse, for the keys just before it: `nil` then
    /// stands for the end of the keyspace.
    func page(_ keyspace: UInt64, at key: [UInt8]?, before: Bool) -> ListPage? {
        guard cache.capacity > 0 else { return nil }
        return stripe(keyspace).withLock { state in
            guard let references = state.spaces[keyspace],
                let index = before
                    ? Self.index(before: key, references)
                    : key.flatMap({ Self.index(of: $0, references) })
            else { return nil }
            let id = CacheKey(.page, id: keyspace, place: references[index].id)
            if let page = cache.find(id) as? ListPage { return page }
            state.spaces[keyspace]?.remove(at: index)
            return nil
        }
    }

    /// The moment before a page of `keyspace` is filled.
    func moment(_ keyspace: UInt64) -> Moment {
        stripe(keyspace).withLock { Moment(version: $0.version, isQuiet: $0.changing == 0) }
    }

    /// Whether nothing of the keyspace can have changed since.
    func isStill(_ moment: Moment, _ keyspace: UInt64) -> Bool {
        moment.isQuiet
            && stripe(keyspace).withLock { $0.version == moment.version && $0.changing == 0 }
    }

    /// Lets others find a page that was filled since `moment`.
    func publish(_ page: ListPage, _ keyspace: UInt64, since moment: Moment) {
        guard cache.capacity > 0, moment.isQuiet else { return }
        let id = nextID.add(1, ordering: .relaxed).oldValue
        stripe(keyspace).withLock { state in
            let isStale = state.version != moment.version || state.changing > 0
            guard !isStale || PlantedBug.publishStalePage.isPlanted else { return }
            var references = state.spaces[keyspace] ?? []
            if references.count >= Self.referenceCountMax { references = [] }
            let overlapping = Self.indices(of: page, references)
            // A page with values also answers those who want none.
            if !page.hasValues && references[overlapping].contains(where: \.hasValues) { return }
            let reference = Reference(
                lower: page.lower, upper: page.upper, id: id, hasValues: page.hasValues)
            references.replaceSubrange(overlapping, with: [reference])
            state.spaces[keyspace] = references
            cache.insert(CacheKey(.page, id: keyspace, place: id), page)
        }
    }

    /// Takes out the pages with the keys of a batch, before it becomes visible.
    func beginChange(_ records: [PlacedRecord]) {
        for index in Self.stripeIndices(of: records) {
            stripes[index].withLock { state in
                state.changing += 1
                state.version += 1
                if !state.spaces.isEmpty && !PlantedBug.keepChangedPages.isPlanted {
                    for placed in records where Self.index(placed.record.keyspace) == index {
                        drop(placed.record, &state)
                    }
                }
            }
        }
    }

    /// The batch is visible.
    func endChange(_ records: [PlacedRecord]) {
        for index in Self.stripeIndices(of: records) {
            stripes[index].withLock { state in
                state.changing -= 1
                state.version += 1
            }
        }
    }

    private func drop(_ record: Record, _ state: inout State) {
        let keyspace = record.keyspace
        guard record.kind != .dropKeyspace else {
            for reference in state.spaces.removeValue(forKey: keyspace) ?? [] {
                cache.remove(CacheKey(.page, id: keyspace, place: reference.id))
            }
            return
        }
        guard record.kind == .put || record.kind == .delete,
            let references = state.spaces[keyspace],
            let index = Self.index(of: record.key, references)
        else { return }
        cache.remove(CacheKey(.page, id: keyspace, place: references[index].id))
        if references.count == 1 {
            state.spaces[keyspace] = nil
        } else {
            state.spaces[keyspace]?.remove(at: index)
        }
    }

    /// The reference whose range holds `key`.
    private static func index(of key: [UInt8], _ references: [Reference]) -> Int? {
        let index = firstIndex(references) { ByteOrder.precedes(key, $0.lower) } - 1
        guard index >= 0 else { return nil }
        if let upper = references[index].upper, !ByteOrder.precedes(key, upper) { return nil }
        return index
    }

    /// The reference whose range holds the keys just before `key`.
    private static func index(before key: [UInt8]?, _ references: [Reference]) -> Int? {
        guard let key else {
            return references.last.map { $0.upper == nil } ?? false ? references.count - 1 : nil
        }
        let index = firstIndex(references) { !ByteOrder.precedes($0.lower, key) } - 1
        guard index >= 0 else { return nil }
        if let upper = references[index].upper, ByteOrder.precedes(upper, key) { return nil }
        return index
    }

    /// The references whose ranges the page's overlaps; empty where it belongs if there are none.
    private static func indices(of page: ListPage, _ references: [Reference]) -> Range<Int> {
        let start = firstIndex(references) { reference in
            reference.upper.map { ByteOrder.precedes(page.lower, $0) } ?? true
        }
        let end = firstIndex(references) { reference in
            page.upper.map { !ByteOrder.precedes(reference.lower, $0) } ?? false
        }
        return start..<max(start, end)
    }

    /// The first index for which `holds`, which holds for all behind it too.
    private static func firstIndex(
        _ references: [Reference], _ holds: (Reference) -> Bool
    ) -> Int {
        var low = 0
        var high = references.count
        while low < high {
            let middle = (low + high) / 2
            if holds(references[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func stripe(_ keyspace: UInt64) -> Locked<State> { stripes[Self.index(keyspace)] }

    private static func index(_ keyspace: UInt64) -> Int { Int(keyspace % UInt64(stripeCount)) }

    /// The stripes of a batch, each once.
    private static func stripeIndices(of records: [PlacedRecord]) -> [Int] {
        if records.count == 1 { return [index(records[0].record.keyspace)] }
        var mask: UInt64 = 0
        for placed in records { mask |= 1 << UInt64(index(placed.record.keyspace)) }
        return (0..<stripeCount).filter { mask & 1 << UInt64($0) != 0 }
    }
}
