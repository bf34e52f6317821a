import CairnPlatform

/// Which stretches of one keyspace have a page in the cache.
///
/// References in leaves of bounded length: to add or take one out moves at most one leaf.
///
/// Invariants
/// - References ascend and do not overlap; no leaf is empty.
struct PageMap {
    struct Reference {
        let lower: [UInt8]
        /// `nil` for the keyspace's end.
        let upper: [UInt8]?
        let id: UInt64
    }

    private static let leafCountMax = 256

    private var leaves: [[Reference]] = []
    private(set) var count = 0

    /// The reference whose stretch holds `key`.
    func find(_ key: [UInt8]) -> Reference? {
        guard let place = place(atOrBefore: key) else { return nil }
        let found = leaves[place.leaf][place.index]
        if let upper = found.upper, !ByteOrder.precedes(key, upper) { return nil }
        return found
    }

    /// The reference whose stretch holds the keys just before `key`, or before the keyspace's end.
    func find(before key: [UInt8]?) -> Reference? {
        guard let key else {
            guard let last = leaves.last?.last, last.upper == nil else { return nil }
            return last
        }
        guard let place = place(before: key) else { return nil }
        let found = leaves[place.leaf][place.index]
        if let upper = found.upper, ByteOrder.precedes(upper, key) { return nil }
        return found
    }

    /// Where the first stretch behind `key` begins, which is in none.
    func begin(after key: [UInt8]) -> [UInt8]? {
        guard let place = place(atOrBefore: key) else { return leaves.first?.first?.lower }
        if place.index + 1 < leaves[place.leaf].count {
            return leaves[place.leaf][place.index + 1].lower
        }
        return place.leaf + 1 < leaves.count ? leaves[place.leaf + 1][0].lower : nil
    }

    /// Where the last stretch before `key` ends, which is in none.
    func end(before key: [UInt8]?) -> [UInt8]? {
        guard let key else { return leaves.last?.last?.upper }
        return place(before: key).flatMap { leaves[$0.leaf][$0.index].upper }
    }

    /// Takes out the reference whose stretch holds `key`.
    mutating func remove(_ key: [UInt8]) -> Reference? {
        guard let found = find(key), let place = place(atOrBefore: key) else { return nil }
        remove(place)
        return found
    }

    /// Adds a reference in the place of those it overlaps, which it gives out.
    mutating func insert(_ new: Reference) -> [Reference] {
        var gone: [Reference] = []
        while let place = place(overlapping: new) {
            gone.append(leaves[place.leaf][place.index])
            remove(place)
        }
        count += 1
        guard let before = place(atOrBefore: new.lower) else {
            if leaves.isEmpty { leaves.append([new]) } else { leaves[0].insert(new, at: 0) }
            split(0)
            return gone
        }
        leaves[before.leaf].insert(new, at: before.index + 1)
        split(before.leaf)
        return gone
    }

    var all: [Reference] { leaves.flatMap { $0 } }

    private typealias Place = (leaf: Int, index: Int)

    private mutating func remove(_ place: Place) {
        count -= 1
        if leaves[place.leaf].count == 1 {
            leaves.remove(at: place.leaf)
        } else {
            leaves[place.leaf].remove(at: place.index)
        }
    }

    private mutating func split(_ leaf: Int) {
        guard leaves[leaf].count > Self.leafCountMax else { return }
        let half = leaves[leaf].count / 2
        let upper = Array(leaves[leaf][half...])
        leaves[leaf].removeLast(leaves[leaf].count - half)
        leaves.insert(upper, at: leaf + 1)
    }

    /// The last reference that begins at or before `key`.
    private func place(atOrBefore key: [UInt8]) -> Place? {
        place { !ByteOrder.precedes(key, $0.lower) }
    }

    /// The last reference that begins before `key`.
    private func place(before key: [UInt8]) -> Place? {
        place { ByteOrder.precedes($0.lower, key) }
    }

    private func place(overlapping new: Reference) -> Place? {
        // The last one that begins before the new one ends is the only one to look at.
        let last = place { reference in
            new.upper.map { ByteOrder.precedes(reference.lower, $0) } ?? true
        }
        guard let last else { return nil }
        let isBefore =
            leaves[last.leaf][last.index].upper.map { !ByteOrder.precedes(new.lower, $0) } ?? false
        return isBefore ? nil : last
    }

    /// The last reference for which `holds`, which holds for all before it too.
    private func place(_ holds: (Reference) -> Bool) -> Place? {
        let leaf = Self.count(leaves.count) { holds(leaves[$0][0]) } - 1
        guard leaf >= 0 else { return nil }
        return (leaf, Self.count(leaves[leaf].count) { holds(leaves[leaf][$0]) } - 1)
    }

    /// How many of the first of `count` things are so, when none behind one that is not is.
    private static func count(_ count: Int, _ holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
