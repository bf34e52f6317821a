/// Where unpredictable numbers come from: store identities, salts, unique object ids.
///
/// A seam, so that a simulation can replay a run from its seed.
public protocol RandomSource: Sendable {
    /// The next 64 unpredictable bits.
    func next() -> UInt64
}

/// The operating system's generator.
public struct SystemRandomSource: RandomSource {
    /// Creates a reader of the system's generator.
    public init() {}

    /// 64 bits from the system's generator.
    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

extension RandomSource {
    /// `count` unpredictable bytes.
    public func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count + 7)
        while result.count < count {
            let word = next()
            for shift in 0..<8 { result.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
        }
        result.removeLast(result.count - count)
        return result
    }
}
