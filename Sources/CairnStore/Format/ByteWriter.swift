/// Appends little-endian integers and varints to an array of bytes.
struct ByteWriter {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    init(capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    var count: Int { bytes.count }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    mutating func append(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }

    mutating func append(_ value: UInt8) { bytes.append(value) }

    mutating func append<Word: FixedWidthInteger>(_ value: Word) {
        for shift in stride(from: 0, to: Word.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// LEB128: seven bits a byte, least significant first, high bit set on all but the last.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func appendZeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    /// Overwrites four bytes written earlier: a checksum comes after what it covers.
    mutating func overwrite(at offset: Int, with value: UInt32) {
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (index * 8))
        }
    }

    /// Overwrites bytes written earlier: a header comes after what it vouches for.
    mutating func overwrite(at offset: Int, with earlier: [UInt8]) {
        bytes.replaceSubrange(offset..<offset + earlier.count, with: earlier)
    }

    /// Makes room for as many bytes in all.
    mutating func reserveCapacity(_ byteCount: Int) { bytes.reserveCapacity(byteCount) }

    /// Begins anew; room for more than `limit` bytes is given back.
    mutating func removeAll(keepingCapacity limit: Int) {
        bytes.removeAll(keepingCapacity: bytes.capacity <= limit)
    }
}
