/// The limits of a namespace; Cloudflare's by default
/// (developers.cloudflare.com/kv/platform/limits).
public struct KVLimits: Sendable, Hashable {
    /// A key's length in bytes of UTF-8.
    public var keyByteCountMax = 512
    /// A value's length in bytes: 25 MiB.
    public var valueByteCountMax = 25 << 20
    /// The metadata's length in bytes of JSON.
    public var metadataByteCountMax = 1024
    /// The least time to live, and the least distance of an expiration from now, in seconds.
    public var timeToLiveSecondsMin = 60
    /// The least `cacheTTL`, in seconds.
    public var cacheTTLSecondsMin = 30
    /// Keys on a page of a listing.
    public var pageKeyCountMax = 1000
    /// Keys in one bulk get.
    public var bulkKeyCountMax = 100
    /// Bytes of all values of one bulk get.
    public var bulkByteCountMax = 25 << 20

    /// Cloudflare's limits.
    public init() {}
}
