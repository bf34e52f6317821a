/// The place of a commit in the store's one order: 1 for the first, no gaps, never reused.
public struct CommitSequence: Sendable, Hashable, Comparable {
    /// The number; 0 stands for "before every commit".
    public let rawValue: UInt64

    /// Wraps a number that the store has handed out.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Earlier commits first.
    public static func < (a: CommitSequence, b: CommitSequence) -> Bool {
        a.rawValue < b.rawValue
    }
}
