extension KeyBuffer {
    /// All keys, each with its newest change.
    func sorted() -> KeyBlock {
        var sorter = KeySorter(self)
        return block(of: sorter.sort(Array(0..<UInt32(entries.count))))
    }

    /// The keys of `keyspace` at or after `lower` and before `upper`, each with its newest change.
    func sorted(keyspace: UInt64, from lower: [UInt8] = [], to upper: [UInt8]? = nil) -> KeyBlock {
        var wanted: [UInt32] = []
        for (index, entry) in entries.enumerated() where entry.keyspace == keyspace {
            if !lower.isEmpty
                && KeyMemory.compare(bytes, entry.keyRange, lower, 0..<lower.count) < 0
            {
                continue
            }
            if let upper, KeyMemory.compare(bytes, entry.keyRange, upper, 0..<upper.count) >= 0 {
                continue
            }
            wanted.append(UInt32(index))
        }
        var sorter = KeySorter(self)
        return block(of: sorter.sort(wanted))
    }

    /// The entries with these indices, in this order, with bytes of their own.
    private func block(of indices: [UInt32]) -> KeyBlock {
        var newBytes: [UInt8] = []
        newBytes.reserveCapacity(
            indices.reduce(0) {
                let entry = entries[Int($1)]
                return $0 + Int(entry.keyByteCount) + Int(entry.metadataByteCount)
            })
        var newEntries: [IndexedKey] = []
        newEntries.reserveCapacity(indices.count)
        for index in indices {
            var entry = entries[Int(index)]
            let start = entry.keyRange.lowerBound
            let end = entry.metadataRange.upperBound
            entry.keyOffset = UInt32(newBytes.count)
            newBytes.append(contentsOf: bytes[start..<end])
            newEntries.append(entry)
        }
        return KeyBlock(bytes: newBytes, entries: newEntries)
    }
}
