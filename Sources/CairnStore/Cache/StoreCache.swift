import CairnPlatform

/// Decoded values, blocks of keys and pages of listings, kept in a bounded amount of memory.
///
/// Sixteen shards by the key's hash, each behind a lock of its own, so that threads seldom meet. A hit
/// takes one lock, looks at two places in memory, sets one bit and retains the object; it allocates nothing.
/// What had to go is released after the lock has been given back.
///
/// Who reads by key lets things in with `insertOnSecondRequest`: what is read once, by a scan or a
/// backup, never takes the place of what is read again and again. `CacheShard` says what is evicted.
///
/// Invariants
/// - The bytes held are never above `capacity`; each object counts as `byteCount` said when it was let in.
/// - Keys that were refused are remembered in at most 1/64 of `capacity` besides, or 2 KiB.
/// - Only objects of at most a quarter of a shard, 1/64 of `capacity`, are let in.
///
/// Lock order: innermost, one shard at a time; nothing is called under a shard's lock.
final class StoreCache: Sendable {
    private static let shardCount = 16

    /// `StoreSettings.cacheByteCount`.
    let capacity: Int
    /// None when nothing is to be cached.
    private let shards: [Locked<CacheShard>]

    /// An empty cache of at most `capacity` bytes; with 0 it stays empty and counts nothing.
    init(capacity: Int) {
        self.capacity = capacity
        let part = capacity / Self.shardCount
        shards =
            capacity > 0
            ? (0..<Self.shardCount).map { _ in Locked(CacheShard(capacity: part)) } : []
    }

    /// What is kept for `key`.
    func find(_ key: CacheKey) -> (any Cacheable)? {
        guard !shards.isEmpty else { return nil }
        let hash = key.mixed
        return shard(hash).withLock { $0.find(key, hash) }
    }

    /// Keeps `value` for `key` in the place of what was there, if it is small enough.
    func insert(_ key: CacheKey, _ value: any Cacheable) {
        guard !shards.isEmpty else { return }
        let hash = key.mixed
        // Asked for before the lock is taken: it is the object's code.
        let byteCount = value.byteCount
        let gone = shard(hash).withLock { $0.insert(key, hash, value, byteCount: byteCount) }
        // They end here and not under the lock.
        _ = consume gone
    }

    /// Keeps what `make` returns if `key` has been refused lately; otherwise refuses it, without calling
    /// `make`, and remembers that.
    /// - Returns: what was made.
    @discardableResult
    func insertOnSecondRequest<Failure: Error>(
        _ key: CacheKey, _ make: () throws(Failure) -> any Cacheable
    ) throws(Failure) -> (any Cacheable)? {
        guard !shards.isEmpty else { return nil }
        let hash = key.mixed
        guard shard(hash).withLock({ $0.isSecondRequest(hash) }) else { return nil }
        let value = try make()
        insert(key, value)
        return value
    }

    /// Gives the room of what is kept for `key` back.
    func remove(_ key: CacheKey) {
        guard !shards.isEmpty else { return }
        let hash = key.mixed
        let gone = shard(hash).withLock { $0.remove(key, hash) }
        _ = consume gone
    }

    /// What it holds and has done. Shard by shard, so not one moment's truth while others use it.
    var metrics: CacheMetrics {
        var sum = CacheMetrics()
        for shard in shards { sum += shard.withLock { $0.metrics } }
        sum.capacity = capacity
        return sum
    }

    /// By the highest bits: the index within a shard and its ghosts go by others.
    private func shard(_ hash: UInt64) -> Locked<CacheShard> { shards[Int(hash >> 60)] }
}
