/// A stretch of sorted keys in memory: a decoded block of a run, or a sorted buffer.
///
/// Invariants
/// - `entries` ascend strictly by keyspace and key: at most one entry a key.
/// - Every entry's key and metadata lie inside `bytes`.
final class KeyBlock: Sendable {
    let bytes: [UInt8]
    let entries: [IndexedKey]

    init(bytes: [UInt8], entries: [IndexedKey]) {
        self.bytes = bytes
        self.entries = entries
    }

    var count: Int { entries.count }

    /// Bytes of memory, for a cache to count.
    var cost: Int { bytes.count + entries.count * MemoryLayout<IndexedKey>.stride + 128 }

    /// A copy of an entry's key.
    func key(_ index: Int) -> [UInt8] { Array(bytes[entries[index].keyRange]) }

    /// A copy of an entry's metadata.
    func metadata(_ index: Int) -> [UInt8] { Array(bytes[entries[index].metadataRange]) }

    /// Lends an entry's key.
    func withKey<Result, Failure: Error>(
        _ index: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = bytes
        let span = bytes.span
        return try body(span.extracting(entries[index].keyRange))
    }

    /// Negative, zero or positive as the entry sorts before, with or after the key; no allocation.
    func compare(_ index: Int, keyspace: UInt64, key: [UInt8]) -> Int {
        let entry = entries[index]
        guard entry.keyspace == keyspace else { return entry.keyspace < keyspace ? -1 : 1 }
        return KeyMemory.compare(bytes, entry.keyRange, key, 0..<key.count)
    }

    /// The first entry at or after the key; `count` when there is none.
    func firstIndex(atOrAfter keyspace: UInt64, key: [UInt8]) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if compare(middle, keyspace: keyspace, key: key) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Where the key is, if it is here.
    func index(of keyspace: UInt64, key: [UInt8]) -> Int? {
        let index = firstIndex(atOrAfter: keyspace, key: key)
        guard index < count, compare(index, keyspace: keyspace, key: key) == 0 else { return nil }
        return index
    }
}
