import CairnPlatform

/// Which segment of which store: what every checksum inside the segment is seeded with, so that
/// bytes that were written for another place never pass.
struct SegmentIdentity: Hashable, Sendable {
    let store: StoreID
    let number: UInt64
    let salt: UInt64
    private let seed: UInt32

    init(store: StoreID, number: UInt64, salt: UInt64) {
        self.store = store
        self.number = number
        self.salt = salt
        var checksum = CRC32C()
        checksum.add(store.high)
        checksum.add(store.low)
        checksum.add(number)
        checksum.add(salt)
        seed = checksum.value
    }

    /// The checksum of `bytes[range]` as bytes that live at `offset` of this segment.
    func checksum(of bytes: [UInt8], in range: Range<Int>, at offset: Int) -> UInt32 {
        var checksum = CRC32C(seed)
        checksum.add(UInt64(offset))
        checksum.add(bytes, in: range)
        return checksum.value
    }

    /// The segment's file name: sixteen decimal digits, so that names sort as numbers.
    var fileName: String { Self.fileName(of: number) }

    static func fileName(of number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits + ".segment"
    }

    /// The number in a segment's file name, or `nil` for any other name.
    static func number(inFileName name: String) -> UInt64? {
        guard name.hasSuffix(".segment"), let number = UInt64(name.dropLast(8)),
            fileName(of: number) == name
        else { return nil }
        return number
    }
}
