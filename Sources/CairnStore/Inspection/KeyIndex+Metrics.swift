extension KeyIndex {
    /// About how much memory the index takes: an entry and its key's allocation for each live key, and
    /// runs that are three quarters full. Keys are taken to have 16 bytes: counting would visit them all.
    var byteCountEstimate: Int {
        let arrayHeader = 32
        return keyCount * (MemoryLayout<IndexEntry>.stride * 4 / 3 + arrayHeader + 16)
    }

    /// How many keys the keyspace called `name` has, and about how many bytes of the log they need;
    /// `nil` when there is none of that name. Looks at no more than `sampleCount` keys.
    func metrics(of name: String, sampleCount: Int) -> KeyspaceMetrics? {
        guard let space = spaces[name] else { return nil }
        var looked = 0
        var byteCount = 0
        space.keys.visit(from: [], to: nil, reverse: false) { entry in
            looked += 1
            byteCount += Int(entry.footprint)
            return looked < sampleCount
        }
        let count = space.keys.count
        if looked > 0, looked < count {
            byteCount = Int(Double(byteCount) / Double(looked) * Double(count))
        }
        return KeyspaceMetrics(name: name, keyCount: count, liveByteCountEstimate: byteCount)
    }
}
