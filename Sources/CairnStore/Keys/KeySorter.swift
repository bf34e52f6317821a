/// Sorts the entries of a buffer by keyspace and key, keeping the newest of each.
///
/// Sorts by eight bytes of the keys at a time, as numbers, from where the keys of a group begin to
/// differ; what agrees in those is a group of its own. So the usual comparison is of two integers,
/// whatever prefix all keys have, and the keys themselves are looked at once or twice each.
struct KeySorter {
    /// Eight bytes of a key, and what decides between keys that agree in them.
    private struct Item {
        /// The bytes from the group's depth on, as a number that sorts like them; zeros fill up.
        var word: UInt64
        /// How many of the eight the key has, 9 when it goes on, above the index of the entry.
        var rest: UInt64

        var index: UInt32 { UInt32(truncatingIfNeeded: rest) }
        var length: UInt64 { rest >> 32 }

        static func precedes(_ a: Item, _ b: Item) -> Bool {
            a.word != b.word ? a.word < b.word : a.rest < b.rest
        }
    }

    /// Groups inside groups, each at least one key smaller: beyond this, keys were made to hurt.
    private static let nestingMax = 24

    /// Fewer are sorted by comparing them.
    private static let dealingCountMin = 256

    private let bytes: [UInt8]
    private let entries: [IndexedKey]
    private var sorted: [UInt32] = []

    init(_ buffer: KeyBuffer) {
        bytes = buffer.bytes
        entries = buffer.entries
    }

    /// The indices in the order of their keys; of the same key, only the highest.
    mutating func sort(_ indices: [UInt32]) -> [UInt32] {
        sorted = []
        sorted.reserveCapacity(indices.count)
        guard let first = indices.first else { return [] }
        let keyspace = entries[Int(first)].keyspace
        if indices.allSatisfy({ entries[Int($0)].keyspace == keyspace }) {
            sortGroup(indices, nesting: 0)
            return sorted
        }
        var items = indices.map { Item(word: entries[Int($0)].keyspace, rest: UInt64($0)) }
        Self.sort(&items)
        forEachGroup(of: items) { sorter, group in
            sorter.sortGroup(group.map(\.index), nesting: 0)
        }
        return sorted
    }

    /// Appends the entries of one keyspace, in order.
    private mutating func sortGroup(_ indices: [UInt32], nesting: Int) {
        guard indices.count > 1 else {
            sorted += indices
            return
        }
        guard nesting < Self.nestingMax else { return sortByComparing(indices) }
        let depth = commonPrefixByteCount(indices)
        var items = indices.map { index in
            let range = entries[Int(index)].keyRange
            let rest = range.count - depth
            return Item(
                word: KeyMemory.word(bytes, range.dropFirst(depth)),
                rest: UInt64(min(rest, 9)) << 32 | UInt64(index))
        }
        Self.sort(&items)
        forEachGroup(of: items) { sorter, group in
            // Of the same eight bytes, the keys that end are before those that go on, shorter first.
            let going = group.firstIndex { $0.length > 8 } ?? group.endIndex
            for position in group.startIndex..<going {
                let isNewest =
                    position + 1 == going || group[position + 1].length != group[position].length
                if isNewest { sorter.sorted.append(group[position].index) }
            }
            if going < group.endIndex {
                sorter.sortGroup(group[going...].map(\.index), nesting: nesting + 1)
            }
        }
    }

    /// Sorts items that are in the order of their indices.
    ///
    /// Many are dealt out by one byte of their words after the other, the last one first, and by their
    /// lengths before; bytes that are the same in all are skipped.
    private static func sort(_ items: inout [Item]) {
        guard items.count >= dealingCountMin else { return items.sort(by: Item.precedes) }
        var spare = items
        let first = items[0]
        if items.contains(where: { $0.length != first.length }) {
            deal(items, &spare) { Int(truncatingIfNeeded: $0.length) }
            swap(&items, &spare)
        }
        let varying = items.reduce(into: UInt64(0)) { $0 |= $1.word ^ first.word }
        for shift in stride(from: UInt64(0), to: 64, by: 8) where varying >> shift & 0xFF != 0 {
            deal(items, &spare) { Int(truncatingIfNeeded: $0.word >> shift & 0xFF) }
            swap(&items, &spare)
        }
    }

    /// Copies `items` to `target` in the order of a number below 256, else in the order they have.
    @inline(__always)
    private static func deal(
        _ items: [Item], _ target: inout [Item], by digit: (Item) -> Int
    ) {
        var places = [Int](repeating: 0, count: 256)
        var next = places.mutableSpan
        for item in items { next[digit(item)] += 1 }
        var start = 0
        for value in 0..<256 {
            let count = next[value]
            next[value] = start
            start += count
        }
        var out = target.mutableSpan
        for item in items {
            let value = digit(item)
            out[next[value]] = item
            next[value] += 1
        }
    }

    /// Calls `body` with every stretch of items of the same word.
    private mutating func forEachGroup(
        of items: [Item], _ body: (inout KeySorter, ArraySlice<Item>) -> Void
    ) {
        var start = 0
        while start < items.count {
            var end = start + 1
            while end < items.count && items[end].word == items[start].word { end += 1 }
            body(&self, items[start..<end])
            start = end
        }
    }

    private func commonPrefixByteCount(_ indices: [UInt32]) -> Int {
        let first = entries[Int(indices[0])].keyRange
        var shared = first.count
        for index in indices.dropFirst() {
            let range = entries[Int(index)].keyRange
            shared = KeyMemory.commonPrefix(bytes, first.prefix(shared), bytes, range)
            if shared == 0 { break }
        }
        return shared
    }

    private mutating func sortByComparing(_ indices: [UInt32]) {
        let ordered = indices.sorted { a, b in
            let order = compare(a, b)
            return order != 0 ? order < 0 : a < b
        }
        for (position, index) in ordered.enumerated()
        where position + 1 == ordered.count || compare(index, ordered[position + 1]) != 0 {
            sorted.append(index)
        }
    }

    private func compare(_ a: UInt32, _ b: UInt32) -> Int {
        KeyMemory.compare(bytes, entries[Int(a)].keyRange, bytes, entries[Int(b)].keyRange)
    }
}
