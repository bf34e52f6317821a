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
    private static let referenceCountMax = 1 << 17

    private struct State {
        var version: UInt64 = 0
        /// Commits on their way.
        var changing = 0
        var spaces: [UInt64: PageMap] = [:]
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

    /// What a listing finds at some place.
    enum Sight {
        case page(ListPage)
        /// Nothing, up to where the next page begins, or in reverse the page before ends; `nil` for the end of
        /// the keyspace.
        case gap([UInt8]?)
    }

    /// Whether pages are kept at all.
    var isInUse: Bool { cache.capacity > 0 }

    /// The page that speaks for `key`, or, for listings in reverse, for the keys just before it: `nil` then
    /// stands for the end of the keyspace.
    func look(_ keyspace: UInt64, at key: [UInt8]?, before: Bool) -> Sight {
        stripe(keyspace).withLock { state in
            while true {
                guard let map = state.spaces[keyspace] else { return .gap(nil) }
                guard let found = before ? map.find(before: key) : map.find(key ?? []) else {
                    return .gap(before ? map.end(before: key) : map.begin(after: key ?? []))
                }
                let id = CacheKey(.page, id: keyspace, place: found.id)
                if let page = cache.find(id) as? ListPage { return .page(page) }
                // It has been evicted.
                _ = state.spaces[keyspace]?.remove(found.lower)
            }
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
            if state.spaces[keyspace]?.count ?? 0 >= Self.referenceCountMax {
                state.spaces[keyspace] = nil
            }
            let gone = state.spaces[keyspace, default: PageMap()].insert(
                PageMap.Reference(lower: page.lower, upper: page.upper, id: id))
            for reference in gone {
                cache.remove(CacheKey(.page, id: keyspace, place: reference.id))
            }
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
            for reference in state.spaces.removeValue(forKey: keyspace)?.all ?? [] {
                cache.remove(CacheKey(.page, id: keyspace, place: reference.id))
            }
            return
        }
        guard record.kind == .put || record.kind == .delete,
            let gone = state.spaces[keyspace]?.remove(record.key)
        else { return }
        cache.remove(CacheKey(.page, id: keyspace, place: gone.id))
        if state.spaces[keyspace]?.count == 0 { state.spaces[keyspace] = nil }
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
