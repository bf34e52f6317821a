import CairnPlatform

/// What happened in a simulation, boiled down to one number: the same seed must give the same one.
///
/// FNV-1a over everything that was noted, in order.
public final class Trace: Sendable {
    private let hash = Locked<UInt64>(0xCBF2_9CE4_8422_2325)

    /// Starts with nothing noted.
    public init() {}

    /// All that was noted so far.
    public var digest: UInt64 { hash.withLock { $0 } }

    /// Notes a number.
    public func note(_ value: UInt64) {
        hash.withLock { $0 = ($0 ^ value) &* 0x0000_0100_0000_01B3 }
    }

    /// Notes a text.
    public func note(_ text: String) {
        hash.withLock { hash in
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
    }
}
