/// Where a cache shard's entries are: open addressing with linear probing.
///
/// A word holds 32 bits of the key's hash and, counted from one, the entry's number; zero is free.
/// Most probes end at the first word, and an entry is looked at only when its 32 bits agree.
///
/// Invariants
/// - The number of words is a power of two, at least a quarter of them are free: every probe ends.
/// - Between the place that an entry's hash asks for and the place where it is no word is free, also
///   after removals, which shift back what follows. So there are no tombstones to sweep.
struct CacheIndex {
    private var words: [UInt64] = Array(repeating: 0, count: 16)
    private(set) var count = 0

    /// The number of the entry with that hash for which `isWanted` holds.
    func find(_ hash: UInt64, _ isWanted: (Int) -> Bool) -> Int? {
        let fragment = UInt32(truncatingIfNeeded: hash)
        var place = Int(fragment) & mask
        while true {
            let word = words[place]
            if word == 0 { return nil }
            if Self.fragment(word) == fragment {
                let entry = Self.entry(word)
                if isWanted(entry) { return entry }
            }
            place = (place + 1) & mask
        }
    }

    /// Adds an entry that is not there.
    mutating func insert(_ hash: UInt64, _ entry: Int) {
        if (count + 1) * 4 > words.count * 3 { grow() }
        place(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(entry + 1))
        count += 1
    }

    /// Takes out an entry that is there.
    mutating func remove(_ hash: UInt64, _ entry: Int) {
        let word = UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(entry + 1)
        var hole = Int(UInt32(truncatingIfNeeded: hash)) & mask
        while words[hole] != word { hole = (hole + 1) & mask }
        var next = hole
        while true {
            next = (next + 1) & mask
            let follower = words[next]
            if follower == 0 { break }
            // It may move back into the hole unless that lies before the place it asks for.
            let home = Int(Self.fragment(follower)) & mask
            if (next &- home) & mask >= (next &- hole) & mask {
                words[hole] = follower
                hole = next
            }
        }
        words[hole] = 0
        count -= 1
    }

    private var mask: Int { words.count - 1 }

    private static func fragment(_ word: UInt64) -> UInt32 { UInt32(word >> 32) }

    private static func entry(_ word: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: word)) - 1 }

    private mutating func place(_ word: UInt64) {
        var place = Int(Self.fragment(word)) & mask
        while words[place] != 0 { place = (place + 1) & mask }
        words[place] = word
    }

    private mutating func grow() {
        let old = words
        words = Array(repeating: 0, count: old.count * 2)
        for word in old where word != 0 { place(word) }
    }
}
