import CPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Comparing and scanning byte arrays at the speed of `memcmp`.
package enum ByteOrder {
    /// Whether `a` sorts before `b`, byte by byte; a prefix sorts before what continues it.
    @inlinable
    package static func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool { compare(a, b) < 0 }

    /// Negative, zero or positive as `a` sorts before, with or after `b`.
    package static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
        let common = min(a.count, b.count)
        let order = unsafe a.withUnsafeBytes { left in
            unsafe b.withUnsafeBytes { right in
                guard common > 0, let l = left.baseAddress, let r = right.baseAddress else {
                    return 0
                }
                return unsafe Int(memcmp(l, r, common))
            }
        }
        return order != 0 ? order : a.count - b.count
    }

    /// How many bytes of `bytes`, from `start` on, are zero before the first that is not.
    package static func zeroPrefix(of bytes: [UInt8], from start: Int) -> Int {
        unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return 0 }
            return unsafe cairn_zero_prefix(base + start, raw.count - start)
        }
    }
}
