/// A store's size and shape at one moment, and what it has done since it was opened.
///
/// Counts are of this open alone. They are gathered without stopping anybody, so while the store is in
/// use they may disagree by what was under way.
public struct StoreMetrics: Sendable, Hashable {
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

        /// Bytes of records nobody needs any more.
        public var deadByteCount: Int { recordByteCount - liveByteCount }
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
    /// How much memory the index takes: a slot for each live key, and what listings need of the keys.
    public let indexByteCount: Int
    /// Whether all of the index is in memory. After an open from a checkpoint its parts are loaded when they are
    /// first touched, and in the background.
    public let isIndexLoaded: Bool
    /// The cache of what has been read.
    public let cache: CacheMetrics

    /// Commits made.
    public internal(set) var commitCount: UInt64 = 0
    /// Records in these commits: one a put or delete, and one a chunk of a large value.
    public internal(set) var recordCount: UInt64 = 0
    /// Frames written to the log, those without records included.
    public internal(set) var frameCount: UInt64 = 0
    /// Bytes of these frames.
    public internal(set) var writtenByteCount: UInt64 = 0
    /// Syncs of the log that succeeded.
    public internal(set) var syncCount: UInt64 = 0
    /// How long each of them took.
    public internal(set) var syncLatency = LatencyHistogram()
    /// Keys looked up, whether there or not, and keys listed.
    public internal(set) var readCount: UInt64 = 0
    /// Bytes of records read from segment files.
    public internal(set) var diskReadByteCount: UInt64 = 0

    /// Bytes of records that live keys still need.
    public var liveByteCount: Int { segments.reduce(0) { $0 + $1.liveByteCount } }
    /// Bytes of records nobody needs any more.
    public var deadByteCount: Int { segments.reduce(0) { $0 + $1.deadByteCount } }
    /// Bytes of records, dead or alive.
    public var recordByteCount: Int { segments.reduce(0) { $0 + $1.recordByteCount } }
    /// Bytes of all segment files, reserved space included.
    public var fileByteCount: Int { segments.reduce(0) { $0 + $1.fileByteCount } }

    /// How many commits share a sync, on average; `nil` before the first sync. The idle committer's sync
    /// counts too, so a store with single commits far apart has less than one.
    public var commitsPerSync: Double? { perSync(commitCount) }
    /// How many records share a sync, on average; `nil` before the first sync.
    public var recordsPerSync: Double? { perSync(recordCount) }

    private func perSync(_ count: UInt64) -> Double? {
        syncCount > 0 ? Double(count) / Double(syncCount) : nil
    }
}
