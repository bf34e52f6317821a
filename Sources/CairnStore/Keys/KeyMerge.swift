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

    /// What a source's next entry is compared by.
    private struct Head {
        var keyspace: UInt64
        /// The key's first eight bytes.
        var word: UInt64
        var sequence: UInt64
        var key: Range<Int>

        init(_ entry: IndexedKey, in bytes: [UInt8]) {
            keyspace = entry.keyspace
            key = entry.keyRange
            word = KeyMemory.word(bytes, key)
            sequence = entry.sequence
        }
    }

    private let reverse: Bool
    /// The sources that had an entry, older ones first.
    private var cursors: [KeyCursor] = []
    /// What each of them is at.
    private var heads: [Head] = []
    private var blocks: [KeyBlock] = []
    /// The blocks' bytes and entries, at hand without counting references.
    private var bytes: [[UInt8]] = []
    private var entries: [[IndexedKey]] = []
    /// Indices of those that are at an entry, in the order in which their keys come.
    private var order: [Int] = []
    /// How many of the first in `order` are at the key that was given out last.
    private var passed = 0
    /// The first in `order` is known to be the only one at its key.
    private var isAlone = false
    private var failure: KeyRunError?

    /// Begins before the first key in bounds, or behind the last one.
    /// - Parameter sources: oldest first.
    init(
        _ sources: [KeySource], bounds: KeyBounds = .all, reverse: Bool = false,
        cache: (any KeyBlockCache)? = nil
    ) throws(KeyRunError) {
        self.reverse = reverse
        for source in sources {
            var cursor = KeyCursor(source, bounds: bounds, cache: cache)
            if reverse { try cursor.seekToLast() } else { try cursor.seekToFirst() }
            guard cursor.isAtEntry else { continue }
            cursors.append(cursor)
            heads.append(Head(cursor.entry, in: cursor.block.bytes))
            blocks.append(cursor.block)
            bytes.append(cursor.block.bytes)
            entries.append(cursor.block.entries)
            order.insert(cursors.count - 1, at: 0)
            settle(0)
        }
    }

    /// The next key's newest entry; `nil` behind the last.
    ///
    /// A source that could not be read ends the merge: the same error comes again, and no key that might
    /// not be the newest.
    mutating func next() throws(KeyRunError) -> Item? {
        if let failure { throw failure }
        // Only now, so that no block is read for a key that nobody asks for.
        while passed > 0 {
            passed -= 1
            do throws(KeyRunError) { try advance(passed) } catch {
                failure = error
                throw error
            }
        }
        guard let first = order.first else { return nil }
        var newest = first
        passed = 1
        while !isAlone && passed < order.count && compare(order[passed], first) == 0 {
            if isNewer(order[passed], than: newest) { newest = order[passed] }
            passed += 1
        }
        return Item(block: blocks[newest], entry: entries[newest][cursors[newest].index])
    }

    private func isNewer(_ a: Int, than b: Int) -> Bool {
        heads[a].sequence != heads[b].sequence ? heads[a].sequence > heads[b].sequence : a > b
    }

    /// Moves the source at `position` of `order` on and puts it where it belongs.
    private mutating func advance(_ position: Int) throws(KeyRunError) {
        let source = order[position]
        if reverse {
            try cursors[source].previous()
        } else {
            try cursors[source].next()
        }
        guard cursors[source].isAtEntry else {
            order.remove(at: position)
            isAlone = false
            return
        }
        if cursors[source].block !== blocks[source] {
            blocks[source] = cursors[source].block
            bytes[source] = blocks[source].bytes
            entries[source] = blocks[source].entries
        }
        heads[source] = Head(entries[source][cursors[source].index], in: bytes[source])
        settle(position)
    }

    /// Puts the source at `position` behind all that come before it.
    private mutating func settle(_ start: Int) {
        var position = start
        let source = order[position]
        isAlone = start == 0
        while position + 1 < order.count {
            let other = order[position + 1]
            let before = compare(other, source)
            guard reverse ? before > 0 : before < 0 else {
                isAlone = position == 0 && before != 0
                break
            }
            isAlone = false
            order[position] = other
            position += 1
        }
        order[position] = source
    }

    private func compare(_ a: Int, _ b: Int) -> Int {
        let (left, right) = (heads[a], heads[b])
        guard left.keyspace == right.keyspace else {
            return left.keyspace < right.keyspace ? -1 : 1
        }
        guard left.word == right.word else { return left.word < right.word ? -1 : 1 }
        return KeyMemory.compare(bytes[a], left.key, bytes[b], right.key)
    }
}
