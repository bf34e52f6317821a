/// The size of one keyspace at one moment.
public struct KeyspaceMetrics: Sendable, Hashable {
    /// The keyspace's name.
    public let name: String
    /// Its live keys, expired ones not yet reclaimed included. Exact.
    public let keyCount: Int
    /// Bytes of the log that these keys need: an estimate, at most 6.3 % above the truth.
    public let liveByteCountEstimate: Int
}
