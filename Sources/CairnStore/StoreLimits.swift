/// The sizes the format and the engine hold to. Every length read from disk is checked against one
/// of these before it is believed.
public enum StoreLimits {
    /// A key's length: listings, footers and frames carry keys whole. The empty key is legal.
    public static let keyByteCountMax = 64 << 10
    /// Metadata is read with a key's record, so it stays small.
    public static let metadataByteCountMax = 64 << 10
    /// A keyspace's name, as a key of the keyspace directory.
    public static let keyspaceNameByteCountMax = 1024
    /// A value's length. Longer than a chunk, it is stored in chunks; a batch must fit a segment.
    public static let valueByteCountMax = 1 << 30
    /// A chunk of a large value: checksummed and compressed by itself.
    public static let chunkByteCountMax = 256 << 10
    /// A frame's payload. A longer batch spans frames. Holds the largest record:
    /// chunk + key + metadata + header < 1 MiB.
    public static let framePayloadByteCountMax = 1 << 20
    /// A segment's size: at least its header and a few small frames, which tests make do with; offsets
    /// fit in 30 bits.
    public static let segmentByteCountRange = (8 << 10)...(1 << 30)
    /// The cache's size. The upper end is only there to catch a mistake; a cache's entries are counted
    /// in 32 bits a shard, which no size in the range can exhaust.
    public static let cacheByteCountRange = 0...(1 << 40)
    /// Segments named by one manifest: 16 TiB at the largest size, 1 MiB of manifest.
    public static let segmentCountMax = 16 << 10
    /// An offset in a segment, which is gone on with a little beyond its size: what 32 bits hold.
    static let segmentOffsetMax = UInt64(UInt32.max)
    /// Sequences and the numbers of segments and keyspaces: out of reach of counting, and far enough
    /// from the end of 64 bits that what is below can be added to.
    static let numberMax = UInt64.max >> 1
}
