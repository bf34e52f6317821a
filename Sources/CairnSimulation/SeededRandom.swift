public import CairnPlatform

/// Numbers that look random and are the same for the same seed: SplitMix64.
///
/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence that `seed` stands for.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which must be positive.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `odds` times on average.
    public mutating func oneIn(_ odds: Int) -> Bool { below(odds) == 0 }

    /// A generator of its own, so that what it is used for does not change what comes after.
    public mutating func split() -> SeededRandom { SeededRandom(seed: next()) }
}

/// The same for components that draw from any thread.
public final class SeededRandomSource: RandomSource {
    private let generator: Locked<SeededRandom>

    /// Starts the sequence that `seed` stands for.
    public init(seed: UInt64) { generator = Locked(SeededRandom(seed: seed)) }

    /// The next 64 bits.
    public func next() -> UInt64 { generator.withLock { $0.next() } }
}
