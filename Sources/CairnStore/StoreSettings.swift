/// The store's limits and choices: values a user tunes. Parts that are injected are
/// `StoreComponents`.
public struct StoreSettings: Sendable, Hashable {
    /// When values are compressed with zlib.
    public enum Compression: Sendable, Hashable {
        /// When the committer is busy anyway, so that nobody waits for it.
        case whenBusy
        /// Every value that gains by it, on the caller's time.
        case always
        /// Never.
        case never
    }

    /// A segment's size in bytes: 8 KiB to 1 GiB. A batch must fit into one segment.
    public var segmentByteCount = 64 << 20
    /// When values are compressed. Affects size and speed only; either kind is always readable.
    public var compression = Compression.whenBusy
    /// Unwritten bytes at which a commit waits for the committer: bounds memory.
    public var pendingByteCountMax = 32 << 20
    /// Memory for what has been read and decoded, in bytes: 0, which caches nothing, to 1 TiB. Affects
    /// speed only.
    public var cacheByteCount = 64 << 20
    /// How long the committer stays idle before it writes down what is durable. Affects only how
    /// soon damage to the very last commit can be told from a torn tail.
    public var idlePromiseDelay = Duration.milliseconds(20)
    /// How many bytes of log are written between two checkpoints of the index, unless the checkpoint itself is
    /// longer: then as many as it has; and how many may have their keys in memory only. Bounds what an open
    /// after a crash reads. From 4 KiB on.
    public var checkpointByteCount = 64 << 20
    /// The fencing epoch of the owner of this directory: an open with a lower one than the
    /// directory has seen is refused.
    public var epoch: UInt32 = 0

    /// The default settings.
    public init() {}
}

extension StoreSettings {
    /// - Throws: `.invalid`, naming the setting, its value and its range.
    func check() throws(StoreError) {
        let range = StoreLimits.segmentByteCountRange
        guard range.contains(segmentByteCount) else {
            throw StoreError(
                .invalid,
                "segmentByteCount must lie in \(range.lowerBound)...\(range.upperBound), "
                    + "it is \(segmentByteCount)")
        }
        guard checkpointByteCount >= 4 << 10 else {
            throw StoreError(
                .invalid, "checkpointByteCount must be at least 4096, it is \(checkpointByteCount)")
        }
        guard pendingByteCountMax > 0 else {
            throw StoreError(
                .invalid, "pendingByteCountMax must be positive, it is \(pendingByteCountMax)")
        }
        let cacheRange = StoreLimits.cacheByteCountRange
        guard cacheRange.contains(cacheByteCount) else {
            throw StoreError(
                .invalid,
                "cacheByteCount must lie in \(cacheRange.lowerBound)...\(cacheRange.upperBound), "
                    + "it is \(cacheByteCount)")
        }
    }
}
