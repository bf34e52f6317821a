/// 64 bits that a change of anything added changes, but for odds of 2⁻⁶⁴: SplitMix64's mixing, a word
/// at a time.
struct ContentDigest {
    private(set) var value: UInt64 = 0

    mutating func add(_ word: UInt64) {
        var mixed = (value ^ word) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        value = mixed ^ (mixed >> 31)
    }

    mutating func add(_ bytes: [UInt8]) {
        add(UInt64(bytes.count))
        unsafe bytes.withUnsafeBytes { buffer in
            let whole = buffer.count / 8 * 8
            for offset in stride(from: 0, to: whole, by: 8) {
                add(unsafe buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
            var last: UInt64 = 0
            for offset in whole..<buffer.count { last = last << 8 | UInt64(unsafe buffer[offset]) }
            add(last)
        }
    }
}
