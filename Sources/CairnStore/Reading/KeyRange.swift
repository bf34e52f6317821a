import CairnPlatform

/// Which keys of a keyspace to list, in which order, and how many. Keys compare byte by byte.
///
/// All bounds apply together: a key must have the prefix, lie at or after `start`, after
/// `startAfter` and before `end`. `reverse` turns the order round, not the meaning of the bounds.
public struct KeyRange: Sendable, Hashable {
    /// Keys must begin with these bytes.
    public var prefix: [UInt8]
    /// The least key wanted, itself included.
    public var start: [UInt8]?
    /// Only keys greater than this one.
    public var startAfter: [UInt8]?
    /// Only keys less than this one.
    public var end: [UInt8]?
    /// Greatest key first.
    public var reverse: Bool
    /// At most so many; `nil` for all.
    public var limit: Int?

    /// A range; by default the whole keyspace.
    public init(
        prefix: [UInt8] = [], start: [UInt8]? = nil, startAfter: [UInt8]? = nil,
        end: [UInt8]? = nil, reverse: Bool = false, limit: Int? = nil
    ) {
        self.prefix = prefix
        self.start = start
        self.startAfter = startAfter
        self.end = end
        self.reverse = reverse
        self.limit = limit
    }

    /// Whether `key` satisfies every bound; the limit does not count.
    public func contains(_ key: [UInt8]) -> Bool {
        !ByteOrder.precedes(key, lowerBound)
            && (upperBound.map { ByteOrder.precedes(key, $0) } ?? true)
    }

    /// The least key that could be in the range, itself included.
    var lowerBound: [UInt8] {
        var bound = prefix
        if let start, bound.lexicographicallyPrecedes(start) { bound = start }
        if let startAfter {
            // The very next possible key.
            let next = startAfter + [0]
            if bound.lexicographicallyPrecedes(next) { bound = next }
        }
        return bound
    }

    /// The least key above the range, or `nil` when nothing is above it.
    var upperBound: [UInt8]? {
        let afterPrefix = Self.successor(ofPrefix: prefix)
        guard let end else { return afterPrefix }
        guard let afterPrefix else { return end }
        return end.lexicographicallyPrecedes(afterPrefix) ? end : afterPrefix
    }

    /// The least key that does not begin with `prefix` and lies above all that do.
    private static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        var result = prefix
        while let last = result.last {
            if last < 0xFF {
                result[result.count - 1] = last + 1
                return result
            }
            result.removeLast()
        }
        return nil
    }
}
