/// SipHash-2-4 with a result of 128 bits (Aumasson, Bernstein: "SipHash: a fast short-input PRF").
///
/// Whoever does not know the key cannot find two inputs with the same hash faster than by trying.
///
/// Memory safety: words are loaded from inside the span's bounds only; the loop's condition says so.
package struct KeyedHash: Sendable {
    private let key: (UInt64, UInt64)

    /// A hash function of its own for each key.
    package init(key0: UInt64, key1: UInt64) { key = (key0, key1) }

    /// The hash of the eight bytes of `prefix`, least significant first, and then `bytes`.
    package func hash(_ prefix: UInt64, _ bytes: RawSpan) -> (high: UInt64, low: UInt64) {
        var state = State(key)
        state.absorb(prefix)
        let count = bytes.byteCount
        var offset = 0
        while offset + 8 <= count {
            state.absorb(
                unsafe UInt64(
                    littleEndian: bytes.unsafeLoadUnaligned(
                        fromUncheckedByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var last = UInt64(truncatingIfNeeded: count + 8) << 56
        var shift: UInt64 = 0
        while offset < count {
            last |=
                unsafe UInt64(
                    bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)) << shift
            shift += 8
            offset += 1
        }
        state.absorb(last)
        return state.finish()
    }

    /// The hash of the number of `bytes` and then `bytes`.
    package func hash(_ bytes: [UInt8]) -> (high: UInt64, low: UInt64) {
        unsafe hash(UInt64(bytes.count), bytes.span.bytes)
    }

    private struct State {
        private var v0: UInt64
        private var v1: UInt64
        private var v2: UInt64
        private var v3: UInt64

        init(_ key: (UInt64, UInt64)) {
            v0 = 0x736f_6d65_7073_6575 ^ key.0
            v1 = 0x646f_7261_6e64_6f6d ^ key.1 ^ 0xEE
            v2 = 0x6c79_6765_6e65_7261 ^ key.0
            v3 = 0x7465_6462_7974_6573 ^ key.1
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        @inline(__always)
        mutating func finish() -> (high: UInt64, low: UInt64) {
            v2 ^= 0xEE
            for _ in 0..<4 { round() }
            let first = v0 ^ v1 ^ v2 ^ v3
            v1 ^= 0xDD
            for _ in 0..<4 { round() }
            return (high: first, low: v0 ^ v1 ^ v2 ^ v3)
        }

        @inline(__always)
        private mutating func round() {
            v0 &+= v1
            v1 = Self.rotate(v1, 13) ^ v0
            v0 = Self.rotate(v0, 32)
            v2 &+= v3
            v3 = Self.rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.rotate(v1, 17) ^ v2
            v2 = Self.rotate(v2, 32)
        }

        @inline(__always)
        private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
            word &<< count | word &>> (64 &- count)
        }
    }
}
