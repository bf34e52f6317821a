/// The limits of objects; Cloudflare's by default.
public struct ObjectSettings: Sendable, Hashable {
    /// A storage key's length in bytes of UTF-8.
    public var keyByteCountMax = 2048
    /// A storage value's length in bytes, as encoded.
    public var valueByteCountMax = 128 << 10
    /// Keys in one multi-key operation.
    public var keyCountMax = 128
    /// How long a critical section may take before the object is reset.
    public var criticalSectionLimit = Duration.seconds(30)
    /// How deeply critical sections may nest.
    public var criticalSectionDepthMax = 64
    /// How long an idle object stays in memory.
    public var idleLimit = Duration.seconds(70)
    /// Objects in memory at which idle ones are let go before their time.
    public var residentCountMax = 100_000

    /// Cloudflare's limits.
    public init() {}
}
