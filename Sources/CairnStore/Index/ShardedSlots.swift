/// Slots in any order, on their way into the shards of an index that is filled anew.
struct ShardedSlots {
    private var slots = [[IndexSlot]](repeating: [], count: IndexTable.shardCount)

    mutating func append(_ fingerprint: Fingerprint, _ place: IndexPlace) {
        slots[fingerprint.shard].append(IndexSlot(fingerprint, place))
    }

    /// Gives out the slots of a shard in their order, once.
    mutating func take(_ shard: Int) -> [IndexSlot] {
        var taken: [IndexSlot] = []
        swap(&taken, &slots[shard])
        taken.sort { $0.precedes($1) }
        return taken
    }
}
