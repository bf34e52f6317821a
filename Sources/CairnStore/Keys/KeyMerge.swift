/// Goes through the keys of several sources in order, each key once: its newest entry.
///
/// The newest entry of a key is the one with the highest sequence; of the same sequence, the one of
/// the source that comes last. Tombstones are entries like others.
///
/// The sources' heads are kept sorted. A step moves those that had the key and puts each back in its
/// place from the front, so that a source whose keys come before all others' costs one comparison a key.
struct KeyMerge: Sendable {
    /// An entry and the block whose bytes it is about.
    struct Item: Sendable {
        let block: KeyBlock
        let entry: IndexedKey

        /// A copy of the key.
        var key: [UInt8] { Array(block.bytes[entry.keyRange]) }
        /// A copy of the metadata.
        var metadata: [UInt8] { Array(block.bytes[entry.metadataRange]) }
    }

    /// A source that is at an entry.
    private struct Head {
        var cursor: KeyCursor
        /// Higher for newer sources.
        let rank: Int
        var keyspace: UInt64 = 0
        /// The key's first eight bytes.
        var word: UInt64 = 0
        var sequence: UInt64 = 0

        mutating func refresh() {
            let entry = cursor.entry
            keyspace = entry.keyspace
            word = KeyMemory.word(cursor.block.bytes, entry.keyRange)
            sequence = entry.sequence
        }
    }

    private let reverse: Bool
    private var heads: [Head] = []
    /// Indices of the heads that are at an entry, in the order in which their keys come.
    private var order: [Int] = []
    /// How many of the first in `order` are at the key that was given out last.
    private var passed = 0

    /// Begins before the first key in bounds, or behind the last one.
    /// - Parameter sources: oldest first.
    init(
        _ sources: [KeySource], bounds: KeyBounds = .all, reverse: Bool = false,
        cache: (any KeyBlockCache)? = nil
    ) throws(KeyRunError) {
        self.reverse = reverse
        for (rank, source) in sources.enumerated() {
            var cursor = KeyCursor(source, bounds: bounds, cache: cache)
            if reverse { try cursor.seekToLast() } else { try cursor.seekToFirst() }
            guard cursor.isAtEntry else { continue }
            heads.append(Head(cursor: cursor, rank: rank))
            heads[heads.count - 1].refresh()
            order.insert(heads.count - 1, at: 0)
            settle(0)
        }
    }

    /// The next key's newest entry; `nil` behind the last.
    mutating func next() throws(KeyRunError) -> Item? {
        // Only now, so that no block is read for a key that nobody asks for.
        while passed > 0 {
            passed -= 1
            try advance(passed)
        }
        guard let first = order.first else { return nil }
        var newest = first
        passed = 1
        while passed < order.count && compare(order[passed], first) == 0 {
            if isNewer(order[passed], than: newest) { newest = order[passed] }
            passed += 1
        }
        return Item(block: heads[newest].cursor.block, entry: heads[newest].cursor.entry)
    }

    private func isNewer(_ a: Int, than b: Int) -> Bool {
        heads[a].sequence != heads[b].sequence
            ? heads[a].sequence > heads[b].sequence : heads[a].rank > heads[b].rank
    }

    /// Moves the head at `position` of `order` on and puts it where it belongs.
    private mutating func advance(_ position: Int) throws(KeyRunError) {
        let head = order[position]
        if reverse {
            try heads[head].cursor.previous()
        } else {
            try heads[head].cursor.next()
        }
        guard heads[head].cursor.isAtEntry else {
            order.remove(at: position)
            return
        }
        heads[head].refresh()
        settle(position)
    }

    /// Puts the head at `position` behind all that come before it.
    private mutating func settle(_ start: Int) {
        var position = start
        let head = order[position]
        while position + 1 < order.count {
            let other = order[position + 1]
            let before = compare(other, head)
            guard reverse ? before > 0 : before < 0 else { break }
            order[position] = other
            position += 1
        }
        order[position] = head
    }

    private func compare(_ a: Int, _ b: Int) -> Int {
        guard heads[a].keyspace == heads[b].keyspace else {
            return heads[a].keyspace < heads[b].keyspace ? -1 : 1
        }
        guard heads[a].word == heads[b].word else { return heads[a].word < heads[b].word ? -1 : 1 }
        return KeyMemory.compare(
            heads[a].cursor.block.bytes, heads[a].cursor.entry.keyRange,
            heads[b].cursor.block.bytes, heads[b].cursor.entry.keyRange)
    }
}
