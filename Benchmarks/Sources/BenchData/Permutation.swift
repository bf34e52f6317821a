/// An order of `0..<count` that looks random, computed and not stored: so that it adds nothing to
/// the memory of the process whose memory is measured.
///
/// A Feistel network over the next power of four; what falls outside goes round again.
package struct Permutation: Sendable {
    package let count: Int
    private let halfBitCount: UInt64
    private let seed: UInt64

    package init(count: Int, seed: UInt64) {
        precondition(count > 0)
        self.count = count
        self.seed = seed
        let bitCount = UInt64(UInt64.bitWidth - UInt64(count - 1).leadingZeroBitCount)
        halfBitCount = max(1, (bitCount + 1) / 2)
    }

    /// What stands at `position`.
    package subscript(position: Int) -> Int {
        var value = UInt64(position)
        repeat { value = encrypt(value) } while value >= UInt64(count)
        return Int(value)
    }

    private func encrypt(_ value: UInt64) -> UInt64 {
        let mask = (UInt64(1) << halfBitCount) - 1
        var (left, right) = (value >> halfBitCount, value & mask)
        for round in UInt64(0)..<4 {
            (left, right) = (
                right, left ^ (RandomNumbers.mix(right &+ seed &* 31 &+ round << 56) & mask)
            )
        }
        return left << halfBitCount | right
    }
}
