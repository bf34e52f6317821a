/// The size of one keyspace at one moment.
public struct KeyspaceMetrics: Sendable, Hashable {
    /// The keyspace's name.
    public let name: String
    /// Its live keys, expired ones not yet reclaimed included.
    public let keyCount: Int
    /// Bytes of the log that these keys need. Exact up to `KeyspaceMetrics.sampleCount` keys; beyond
    /// that an estimate from so many of them, the first in byte order.
    public let liveByteCountEstimate: Int

    /// How many keys of a keyspace are looked at.
    public static let sampleCount = 1000
}
