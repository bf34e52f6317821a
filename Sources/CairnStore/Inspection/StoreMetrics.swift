/// A store's size and shape at one moment.
public struct StoreStats: Sendable, Hashable {
    /// One segment of the log.
    public struct Segment: Sendable, Hashable {
        /// Its number, in the order of creation.
        public let number: UInt64
        /// Bytes of records in it, dead or alive.
        public let recordByteCount: Int
        /// Bytes of records that live keys still need.
        public let liveByteCount: Int
        /// The file's length, reserved space included.
        public let fileByteCount: Int
    }

    /// The directory.
    public let path: String
    /// The store's random identity, 32 hexadecimal digits.
    public let storeID: String
    /// The format's version.
    public let formatVersion: Int
    /// Keyspaces that exist.
    public let keyspaceCount: Int
    /// Live keys, expired ones not yet reclaimed included.
    public let keyCount: Int
    /// The newest commit.
    public let lastSequence: CommitSequence
    /// The newest commit known to be on the platter.
    public let durableSequence: CommitSequence
    /// The segments, oldest first.
    public let segments: [Segment]

    /// Bytes of records that live keys still need.
    public var liveByteCount: Int { segments.reduce(0) { $0 + $1.liveByteCount } }
    /// Bytes of records nobody needs any more.
    public var deadByteCount: Int {
        segments.reduce(0) { $0 + $1.recordByteCount } - liveByteCount
    }
    /// Bytes of all segment files, reserved space included.
    public var fileByteCount: Int { segments.reduce(0) { $0 + $1.fileByteCount } }
}
