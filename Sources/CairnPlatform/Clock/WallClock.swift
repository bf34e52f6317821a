#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tells the time of day. Expiry goes by it; the order of data never does.
public protocol WallClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    var millisecondsSinceEpoch: Int64 { get }
}

/// The operating system's wall clock.
public struct SystemWallClock: WallClock {
    /// Creates a reader of the system's clock.
    public init() {}

    /// Milliseconds since the epoch, from `clock_gettime(CLOCK_REALTIME)`.
    public var millisecondsSinceEpoch: Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
