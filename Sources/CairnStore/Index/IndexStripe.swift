/// The shards that share a lock, and what their slots' segments are.
///
/// Shards come into being with their first key, so that an empty table costs next to nothing.
///
/// Memory safety: `shards` has `shardCount` initialized elements, or is `nil`; places are below that.
///
/// Not thread-safe: `IndexTable` locks.
@safe
struct IndexStripe: ~Copyable {
    static let shardCount = IndexTable.shardCount / IndexTable.stripeCount

    private var shards: UnsafeMutablePointer<IndexShard>?
    /// One bit a shard.
    private var loaded: UInt64
    private var segments: [Segment?] = []

    init(isLoaded: Bool) {
        unsafe shards = nil
        loaded = isLoaded ? .max : 0
    }

    deinit {
        guard let shards = unsafe shards else { return }
        unsafe shards.deinitialize(count: Self.shardCount)
        unsafe shards.deallocate()
    }

    func isLoaded(_ place: Int) -> Bool { loaded & 1 << UInt64(place) != 0 }

    func segment(_ slot: UInt16) -> Segment? {
        Int(slot) < segments.count ? segments[Int(slot)] : nil
    }

    mutating func setSegment(_ segment: Segment?, slot: Int) {
        while segments.count <= slot { segments.append(nil) }
        segments[slot] = segment
    }

    func find(_ fingerprint: Fingerprint, at place: Int) -> IndexSlot? {
        guard let shards = unsafe shards else { return nil }
        return unsafe shards[place].find(fingerprint)
    }

    /// Sets a slot; returns the one it replaces and the bytes the shard has grown by.
    mutating func put(_ slot: IndexSlot, at place: Int) -> (old: IndexSlot?, growth: Int) {
        let shards = unsafe allocated()
        let before = unsafe shards[place].byteCount
        let old = unsafe shards[place].put(slot)
        return unsafe (old, shards[place].byteCount - before)
    }

    mutating func remove(_ fingerprint: Fingerprint, at place: Int) -> IndexSlot? {
        guard let shards = unsafe shards else { return nil }
        return unsafe shards[place].remove(fingerprint)
    }

    /// Puts a shard in place, gives out the one that was there, and counts it as loaded.
    mutating func swap(_ shard: inout IndexShard, at place: Int) {
        unsafe Swift.swap(&allocated()[place], &shard)
        loaded |= 1 << UInt64(place)
    }

    func copy(_ place: Int) -> [IndexSlot] {
        guard let shards = unsafe shards else { return [] }
        var slots: [IndexSlot] = []
        slots.reserveCapacity(unsafe shards[place].count)
        unsafe shards[place].visit { slots.append($0) }
        return slots
    }

    private mutating func allocated() -> UnsafeMutablePointer<IndexShard> {
        if let shards = unsafe shards { return unsafe shards }
        let new = UnsafeMutablePointer<IndexShard>.allocate(capacity: Self.shardCount)
        for index in 0..<Self.shardCount { unsafe (new + index).initialize(to: IndexShard()) }
        unsafe shards = new
        return unsafe new
    }
}
