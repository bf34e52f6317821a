/// Which parts to sort, merge or write next, so that a listing touches few runs and no key is moved often.
///
/// A pure function of the parts. Runs have tiers by their length, four times longer each; four
/// neighbours of the same tier or lower become one. So there are at most three runs a tier, and a key is
/// moved once a tier: at ten million keys some seven times, of which three in memory.
enum KeyMergePlan: Hashable {
    /// Sort the part with this index.
    case sort(Int)
    /// Merge these parts in memory.
    case merge(Range<Int>)
    /// Merge these parts into a file.
    case write(Range<Int>)

    static let fanout = 4
    /// Runs in memory that together have so many keys, or so many bytes, become a file.
    static let memoryCountMax = 256 << 10
    static let memoryByteCountMax = 16 << 20
    /// More runs than these are not merged at once: after a scan of the whole log there are thousands.
    static let writeCountMax = 64

    /// What to do next; `nil` when nothing is to be done.
    /// - Parameters:
    ///   - stretchByteCount: how much log may have its keys in memory only.
    ///   - flush: put everything into files.
    static func next(
        _ parts: [KeyPart], stretchByteCount: Int, flush: Bool, filesAllowed: Bool
    ) -> KeyMergePlan? {
        if let unsorted = parts.firstIndex(where: { $0.run == nil }) { return .sort(unsorted) }
        let firstInMemory = parts.firstIndex { $0.file == nil } ?? parts.count
        let inMemory = parts[firstInMemory...]
        if filesAllowed && !inMemory.isEmpty {
            let isLong =
                inMemory.reduce(0) { $0 + $1.count } >= memoryCountMax
                || inMemory.reduce(0) { $0 + $1.cost } >= memoryByteCountMax
                || inMemory.reduce(0) { $0 + $1.recordByteCount } >= stretchByteCount
            let end = min(parts.count, firstInMemory + writeCountMax)
            if flush || isLong { return .write(firstInMemory..<end) }
        }
        if let range = neighbours(inMemory) { return .merge(range) }
        guard filesAllowed, let range = neighbours(parts[..<firstInMemory]) else { return nil }
        return .write(range)
    }

    /// The newest `fanout` neighbours that belong together.
    private static func neighbours(_ parts: ArraySlice<KeyPart>) -> Range<Int>? {
        guard parts.count >= fanout else { return nil }
        let tiers = parts.map { tier($0.count) }
        guard let highest = tiers.max() else { return nil }
        for tier in 0...highest {
            var length = 0
            for offset in tiers.indices.reversed() {
                length = tiers[offset] <= tier ? length + 1 : 0
                if length == fanout {
                    let start = parts.startIndex + offset
                    return start..<start + fanout
                }
            }
        }
        return nil
    }

    private static func tier(_ count: Int) -> Int {
        var tier = 0
        var limit = KeyLog.bufferCountMax * 2
        while count >= limit {
            tier += 1
            limit *= fanout
        }
        return tier
    }
}
