/// The keys that were refused lately: what is asked for again while it is here is let in.
///
/// Holds 16 bits of each key's hash in sets of eight, the newest first; the ninth of a set pushes the
/// oldest out. One new key in 8,000 looks like an old one of its set, and is let in a request early.
struct GhostKeys {
    private static let setLength = 8

    private let setCount: Int
    /// Made when it is first needed, so that a store that only writes pays nothing.
    private var fragments: [UInt16] = []

    /// Remembers up to `count` keys, rounded up to a power of two.
    init(count: Int) {
        var setCount = 8
        while setCount * Self.setLength < count { setCount *= 2 }
        self.setCount = setCount
    }

    /// Whether the key was here, which it then no longer is; if not, it is from now on.
    mutating func takeOrAdd(_ hash: UInt64) -> Bool {
        if fragments.isEmpty {
            fragments = Array(repeating: 0, count: setCount * Self.setLength)
        }
        // Zero stands for a free place. The bits that choose the set are not among the fragment's.
        let fragment = max(UInt16(truncatingIfNeeded: hash), 1)
        let start = (Int(truncatingIfNeeded: hash >> 32) & (setCount - 1)) * Self.setLength
        let last = start + Self.setLength - 1
        if let found = (start...last).first(where: { fragments[$0] == fragment }) {
            for place in found..<last { fragments[place] = fragments[place + 1] }
            fragments[last] = 0
            return true
        }
        for place in stride(from: last, to: start, by: -1) {
            fragments[place] = fragments[place - 1]
        }
        fragments[start] = fragment
        return false
    }
}
