/// What a store's cache holds and has done since the store was opened.
public struct CacheMetrics: Sendable, Hashable {
    /// Requests that found what they asked for.
    public var hits: UInt64 = 0
    /// Requests that did not.
    public var misses: UInt64 = 0
    /// Objects let in.
    public var insertions: UInt64 = 0
    /// Objects that had to make room for others.
    public var evictions: UInt64 = 0
    /// Objects held now.
    public var count = 0
    /// Bytes held now, bookkeeping included: at most `capacity`.
    public var byteCount = 0
    /// `StoreSettings.cacheByteCount`.
    public var capacity = 0

    /// The hits among the requests: 0 to 1, and 0 when there were none.
    public var hitRate: Double {
        hits + misses > 0 ? Double(hits) / Double(hits + misses) : 0
    }

    static func += (sum: inout CacheMetrics, part: CacheMetrics) {
        sum.hits += part.hits
        sum.misses += part.misses
        sum.insertions += part.insertions
        sum.evictions += part.evictions
        sum.count += part.count
        sum.byteCount += part.byteCount
        sum.capacity += part.capacity
    }
}
