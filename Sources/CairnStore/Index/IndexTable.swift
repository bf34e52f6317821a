import CairnPlatform
import Synchronization

/// Where the record of every live key is: a hash of 4096 shards.
///
/// Derived from the log alone. A key is known by its fingerprint; a miss reads no disk, a hit says where
/// one read finds the record.
///
/// After an open from a checkpoint a shard is loaded when it is first touched; `load` does that, off every
/// lock, and whoever probes has loaded.
///
/// Concurrency: 64 stripes of shards, a lock each, held for the length of a probe. A batch that touches
/// several holds all of their locks, taken in ascending order, while it changes them: nobody who has seen
/// a part of a batch can then miss the rest. Commits change the table in the order of the log, because
/// they do so under the log's lock.
///
/// Memory safety: `stripes` has `stripeCount` initialized elements from `init` to `deinit`; element `i` is
/// touched only under the lock with the same number.
///
/// Lock order: after the log's; nothing is called under a stripe's lock.
@safe
final class IndexTable: @unchecked Sendable {
    static let shardCount = 1 << Fingerprint.shardBitCount
    static let stripeCount = 64

    /// A live key's record.
    struct Found: Sendable {
        let segment: Segment
        let place: IndexPlace
    }

    /// Reads a shard that is not in memory yet.
    ///
    /// Not a bare closure: one that lies under a generic lock is wrapped once more each time it is taken out.
    struct Loader: Sendable {
        let load: @Sendable (_ shard: Int) throws(StoreError) -> [IndexSlot]
    }

    private let locks: [Locked<Void>]
    private let stripes: UnsafeMutablePointer<IndexStripe>
    private let loader: Locked<Loader?>
    private let unloadedCount: Atomic<Int>
    private let memory = Atomic(0)

    /// An empty table, or one whose shards `loader` brings.
    init(loader: Loader? = nil) {
        locks = (0..<Self.stripeCount).map { _ in Locked(()) }
        unsafe stripes = .allocate(capacity: Self.stripeCount)
        for index in 0..<Self.stripeCount {
            unsafe (stripes + index).initialize(to: IndexStripe(isLoaded: loader == nil))
        }
        self.loader = Locked(loader)
        unloadedCount = Atomic(loader == nil ? 0 : Self.shardCount)
    }

    deinit {
        unsafe stripes.deinitialize(count: Self.stripeCount)
        unsafe stripes.deallocate()
    }

    /// Bytes of memory the slots take.
    var byteCount: Int { memory.load(ordering: .relaxed) }

    /// Whether every shard is in memory.
    var isComplete: Bool { unloadedCount.load(ordering: .acquiring) == 0 }

    /// Makes `segment` what the slots with the number `slot` mean.
    func setSegment(_ segment: Segment?, slot: Int) {
        for stripe in 0..<Self.stripeCount {
            locks[stripe].withLock { _ in
                unsafe stripes[stripe].setSegment(segment, slot: slot)
            }
        }
    }

    /// Loads a shard if that has not happened. Does I/O, so never under a lock.
    func load(_ shard: Int) throws(StoreError) {
        guard !isComplete else { return }
        let isMissing = locks[Self.stripe(shard)].withLock { _ in
            unsafe !stripes[Self.stripe(shard)].isLoaded(Self.place(shard))
        }
        guard isMissing, let loader = loader.withLock({ $0 }) else { return }
        let slots = try loader.load(shard)
        guard install(slots, as: shard) else {
            throw StoreError(.corrupt, "shard \(shard) of the index's checkpoint is out of order")
        }
    }

    /// Puts the slots of a shard in place, unless somebody else has.
    /// - Returns: false when they are out of order.
    func install(_ slots: [IndexSlot], as shard: Int) -> Bool {
        guard var loaded = IndexShard(slots) else { return false }
        let stripe = Self.stripe(shard)
        let isLast = locks[stripe].withLock { _ in
            guard unsafe !stripes[stripe].isLoaded(Self.place(shard)) else { return false }
            memory.add(loaded.byteCount, ordering: .relaxed)
            unsafe stripes[stripe].swap(&loaded, at: Self.place(shard))
            return unloadedCount.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
        }
        if isLast { loader.withLock { $0 = nil } }
        return true
    }

    /// Fills a shard anew, loaded or not: while a store is opened.
    func replace(_ shard: Int, with slots: [IndexSlot]) {
        guard var loaded = IndexShard(slots) else { return }
        let stripe = Self.stripe(shard)
        locks[stripe].withLock { _ in
            if unsafe !stripes[stripe].isLoaded(Self.place(shard)) {
                unloadedCount.subtract(1, ordering: .acquiringAndReleasing)
            }
            memory.add(loaded.byteCount, ordering: .relaxed)
            unsafe stripes[stripe].swap(&loaded, at: Self.place(shard))
            memory.subtract(loaded.byteCount, ordering: .relaxed)
        }
    }

    /// Where the record of the key is; `nil` when there is no such key.
    func find(_ fingerprint: Fingerprint) -> Found? {
        let stripe = Self.stripe(fingerprint.shard)
        return locks[stripe].withLock { _ in
            guard
                let slot = unsafe stripes[stripe].find(
                    fingerprint, at: Self.place(fingerprint.shard)),
                let segment = unsafe stripes[stripe].segment(slot.place.segmentSlot)
            else { return nil }
            return Found(segment: segment, place: slot.place)
        }
    }

    /// Which stripes a batch touches, one bit each.
    static func stripes(of fingerprint: Fingerprint) -> UInt64 {
        1 << UInt64(stripe(fingerprint.shard))
    }

    /// Changes several shards at once: nobody sees a part. All of them have been loaded.
    ///
    /// Never inlined: Swift 6.3's optimizer crashes on it.
    @inline(never)
    func change(_ stripes: UInt64, _ body: (borrowing Changes) -> Void) {
        guard stripes != 0 else { return body(Changes(table: self)) }
        locks[stripes.trailingZeroBitCount].withLock { _ in
            change(stripes & (stripes - 1), body)
        }
    }

    /// What can be done while the locks of a change are held.
    struct Changes: ~Copyable {
        fileprivate let table: IndexTable

        /// Sets where a key is and returns where it was.
        func put(_ fingerprint: Fingerprint, _ place: IndexPlace) -> IndexPlace? {
            table.put(IndexSlot(fingerprint, place), in: fingerprint.shard)?.place
        }

        /// Takes a key out and returns where it was.
        func remove(_ fingerprint: Fingerprint) -> IndexPlace? {
            unsafe table.stripes[IndexTable.stripe(fingerprint.shard)].remove(
                fingerprint, at: IndexTable.place(fingerprint.shard))?.place
        }
    }

    /// A copy of a shard, for the checkpoint.
    func copy(_ shard: Int) -> [IndexSlot] {
        let stripe = Self.stripe(shard)
        return locks[stripe].withLock { _ in unsafe stripes[stripe].copy(Self.place(shard)) }
    }

    private func put(_ slot: IndexSlot, in shard: Int) -> IndexSlot? {
        let (old, growth) = unsafe stripes[Self.stripe(shard)].put(slot, at: Self.place(shard))
        if growth != 0 { memory.add(growth, ordering: .relaxed) }
        return old
    }

    private static func stripe(_ shard: Int) -> Int { shard % stripeCount }

    /// Where a shard is in its stripe.
    private static func place(_ shard: Int) -> Int { shard / stripeCount }
}
