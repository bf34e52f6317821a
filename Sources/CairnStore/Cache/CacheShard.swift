/// One sixteenth of the cache: entries, an index to them, and the hand of a clock that evicts.
///
/// Eviction is CLOCK, also called second chance. A hit sets one bit in the entry, which is in the
/// processor's cache anyway; LRU and S3-FIFO would move the entry, or a counter, elsewhere. When room is
/// needed the hand goes round: it clears the bits it finds and takes the first entry without one. A new
/// entry gets a place that the hand has just left and no bit, so it has one round to be asked for.
/// What S3-FIFO has a small queue for, keeping out what is asked for once, `GhostKeys` does here.
///
/// Invariants
/// - `byteCount` is the sum of the entries' charges and never above `capacity`.
/// - `free` holds the places in `entries` without a value; all others are in `index`.
///
/// A plain value; what leaves it is handed out, so that it is released outside the shard's lock.
struct CacheShard {
    private struct Entry {
        var key: CacheKey
        /// It has been asked for since the hand last came by.
        var isReferenced = false
        var charge: Int
        var value: (any Cacheable)?
    }

    /// What an entry costs besides its object: the entry, its words in a half empty index, and the
    /// allocator's share.
    static let entryByteCount = 96

    let capacity: Int
    private(set) var byteCount = 0
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var index = CacheIndex()
    private var hand = 0
    private var ghosts: GhostKeys
    private var hits: UInt64 = 0
    private var misses: UInt64 = 0
    private var insertions: UInt64 = 0
    private var evictions: UInt64 = 0

    /// An empty one that will hold up to `capacity` bytes, and up to 1/64 of that for refused keys: one
    /// for every 256 bytes, so that they are about as many as the entries.
    init(capacity: Int) {
        self.capacity = capacity
        ghosts = GhostKeys(count: min(capacity / 256, 1 << 20))
    }

    /// What is kept for `key`.
    mutating func find(_ key: CacheKey, _ hash: UInt64) -> (any Cacheable)? {
        guard let entry = place(of: key, hash) else {
            misses += 1
            return nil
        }
        hits += 1
        if !entries[entry].isReferenced { entries[entry].isReferenced = true }
        return entries[entry].value
    }

    /// Whether `key` was refused lately; if not, it counts as refused now.
    mutating func isSecondRequest(_ hash: UInt64) -> Bool { ghosts.takeOrAdd(hash) }

    /// Keeps `value`, unless it is larger than a quarter of the shard.
    /// - Returns: what had to go, for the caller to release.
    mutating func insert(
        _ key: CacheKey, _ hash: UInt64, _ value: any Cacheable, byteCount: Int
    ) -> [any Cacheable] {
        var gone: [any Cacheable] = []
        if let old = remove(key, hash) { gone.append(old) }
        guard byteCount >= 0, byteCount <= capacity / 4 - Self.entryByteCount else { return gone }
        let charge = byteCount + Self.entryByteCount
        while self.byteCount + charge > capacity, let evicted = evict() { gone.append(evicted) }
        let entry = Entry(key: key, charge: charge, value: value)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        index.insert(hash, place)
        self.byteCount += charge
        insertions += 1
        return gone
    }

    /// Takes out what is kept for `key`, for the caller to release.
    mutating func remove(_ key: CacheKey, _ hash: UInt64) -> (any Cacheable)? {
        place(of: key, hash).flatMap { take($0, hash) }
    }

    var metrics: CacheMetrics {
        var metrics = CacheMetrics()
        metrics.hits = hits
        metrics.misses = misses
        metrics.insertions = insertions
        metrics.evictions = evictions
        metrics.count = index.count
        metrics.byteCount = byteCount
        return metrics
    }

    private func place(of key: CacheKey, _ hash: UInt64) -> Int? {
        index.find(hash) { entries[$0].key == key }
    }

    /// Moves the hand to the next entry that has not been asked for, and takes that.
    private mutating func evict() -> (any Cacheable)? {
        guard index.count > 0 else { return nil }
        // Ends: after one round no bit is set.
        while true {
            let place = hand
            hand = hand + 1 < entries.count ? hand + 1 : 0
            guard entries[place].value != nil else { continue }
            guard entries[place].isReferenced else {
                evictions += 1
                return take(place, entries[place].key.mixed)
            }
            entries[place].isReferenced = false
        }
    }

    private mutating func take(_ place: Int, _ hash: UInt64) -> (any Cacheable)? {
        index.remove(hash, place)
        byteCount -= entries[place].charge
        free.append(place)
        defer { entries[place].value = nil }
        return entries[place].value
    }
}
