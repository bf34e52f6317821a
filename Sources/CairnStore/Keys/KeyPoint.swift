/// A place in the order of all keys: by keyspace, then byte by byte.
struct KeyPoint: Hashable, Sendable {
    var keyspace: UInt64
    var key: [UInt8]

    /// The least point of `keyspace`.
    static func start(of keyspace: UInt64) -> KeyPoint { KeyPoint(keyspace: keyspace, key: []) }

    /// Negative, zero or positive as this sorts before, with or after `other`.
    func compare(_ other: KeyPoint) -> Int {
        guard keyspace == other.keyspace else { return keyspace < other.keyspace ? -1 : 1 }
        return KeyMemory.compare(key, 0..<key.count, other.key, 0..<other.key.count)
    }
}

/// A stretch of the order of all keys, open at the ends that are `nil`.
struct KeyBounds: Hashable, Sendable {
    /// Itself included.
    var lower: KeyPoint?
    /// Itself excluded.
    var upper: KeyPoint?

    static let all = KeyBounds(lower: nil, upper: nil)

    /// The keys of one keyspace at or after `lower` and before `upper`.
    static func keyspace(
        _ keyspace: UInt64, from lower: [UInt8] = [], to upper: [UInt8]? = nil
    ) -> KeyBounds {
        KeyBounds(
            lower: KeyPoint(keyspace: keyspace, key: lower),
            upper: upper.map { KeyPoint(keyspace: keyspace, key: $0) }
                ?? .start(of: keyspace + 1))
    }

    /// Whether nothing can lie between the bounds.
    var isEmpty: Bool {
        guard let lower, let upper else { return false }
        return lower.compare(upper) >= 0
    }
}
