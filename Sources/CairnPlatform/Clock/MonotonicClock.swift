#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tells how much time passes. Only for measuring: nothing is decided by it.
public protocol MonotonicClock: Sendable {
    /// Nanoseconds since a moment that stays the same while the process lives; never goes back.
    var nanosecondsSinceStart: UInt64 { get }
}

/// The operating system's monotonic clock.
public struct SystemMonotonicClock: MonotonicClock {
    /// Creates a reader of the system's clock.
    public init() {}

    /// Nanoseconds from `clock_gettime(CLOCK_MONOTONIC)`, which counts from the machine's start.
    public var nanosecondsSinceStart: UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
