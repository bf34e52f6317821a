import CairnPlatform

/// The live keys of one keyspace in byte order: sorted runs of bounded length in a sorted array.
///
/// Lookup is two binary searches; an insertion moves at most one run's entries. At ten million
/// keys the outer array has some 60,000 runs.
///
/// Invariants
/// - No run is empty; runs and the entries in them ascend strictly by key.
/// - `count` is the sum of the runs' lengths.
struct OrderedKeys: Sendable {
    /// Half of it after a split: long enough to keep the outer array short, short enough to move.
    static let runLengthMax = 256

    private var runs: [[IndexEntry]] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    func find(_ key: [UInt8]) -> IndexEntry? {
        guard let run = runIndex(for: key) else { return nil }
        let (index, found) = Self.search(runs[run], key)
        return found ? runs[run][index] : nil
    }

    /// Puts `entry` in its place and returns the one it replaces.
    mutating func insert(_ entry: IndexEntry) -> IndexEntry? {
        guard let run = runIndex(for: entry.key) else {
            if runs.isEmpty { runs.append([entry]) } else { runs[0].insert(entry, at: 0) }
            count += 1
            splitIfLong(0)
            return nil
        }
        let (index, found) = Self.search(runs[run], entry.key)
        if found {
            let replaced = runs[run][index]
            runs[run][index] = entry
            return replaced
        }
        runs[run].insert(entry, at: index)
        count += 1
        splitIfLong(run)
        return nil
    }

    /// Takes `key` out and returns what was there.
    mutating func remove(_ key: [UInt8]) -> IndexEntry? {
        guard let run = runIndex(for: key) else { return nil }
        let (index, found) = Self.search(runs[run], key)
        guard found else { return nil }
        let removed = runs[run].remove(at: index)
        count -= 1
        if runs[run].isEmpty { runs.remove(at: run) }
        return removed
    }

    /// Visits the entries from `lower` (inclusive) to `upper` (exclusive), in either order, until
    /// `body` says false.
    func visit(
        from lower: [UInt8], to upper: [UInt8]?, reverse: Bool, _ body: (IndexEntry) -> Bool
    ) {
        reverse
            ? visitDescending(from: lower, to: upper, body)
            : visitAscending(from: lower, to: upper, body)
    }

    private func visitAscending(
        from lower: [UInt8], to upper: [UInt8]?, _ body: (IndexEntry) -> Bool
    ) {
        var run = runIndex(for: lower) ?? 0
        guard run < runs.count else { return }
        var index = Self.search(runs[run], lower).index
        while run < runs.count {
            while index < runs[run].count {
                let entry = runs[run][index]
                if let upper, !ByteOrder.precedes(entry.key, upper) { return }
                guard body(entry) else { return }
                index += 1
            }
            run += 1
            index = 0
        }
    }

    private func visitDescending(
        from lower: [UInt8], to upper: [UInt8]?, _ body: (IndexEntry) -> Bool
    ) {
        guard !runs.isEmpty else { return }
        var run = upper.map { runIndex(for: $0) ?? 0 } ?? runs.count - 1
        var index = upper.map { Self.search(runs[run], $0).index } ?? runs[run].count
        while true {
            while index > 0 {
                index -= 1
                let entry = runs[run][index]
                if ByteOrder.precedes(entry.key, lower) { return }
                guard body(entry) else { return }
            }
            guard run > 0 else { return }
            run -= 1
            index = runs[run].count
        }
    }

    /// The last run whose first key is not above `key`, or `nil` when all are.
    private func runIndex(for key: [UInt8]) -> Int? {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if ByteOrder.compare(runs[middle][0].key, key) <= 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low == 0 ? nil : low - 1
    }

    /// Where `key` is in `run`, or where it belongs.
    private static func search(_ run: [IndexEntry], _ key: [UInt8]) -> (index: Int, found: Bool) {
        var low = 0
        var high = run.count
        while low < high {
            let middle = (low + high) / 2
            let order = ByteOrder.compare(run[middle].key, key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    private mutating func splitIfLong(_ run: Int) {
        guard runs[run].count > Self.runLengthMax else { return }
        let half = runs[run].count / 2
        let upper = Array(runs[run][half...])
        runs[run].removeLast(runs[run].count - half)
        runs.insert(upper, at: run + 1)
    }
}
