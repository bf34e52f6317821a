/// Reads little-endian integers and varints out of bytes that nobody vouches for.
///
/// Every read says `nil` when the bytes end too soon or a varint is overlong; nothing traps.
struct ByteReader {
    let bytes: [UInt8]
    private(set) var offset: Int
    let end: Int

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

    var remaining: Int { end - offset }

    mutating func byte() -> UInt8? {
        guard offset < end else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func word<Word: FixedWidthInteger>(_: Word.Type = Word.self) -> Word? {
        let count = Word.bitWidth / 8
        guard remaining >= count else { return nil }
        var value: Word = 0
        for index in 0..<count { value |= Word(bytes[offset + index]) << (index * 8) }
        offset += count
        return value
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard let byte = byte() else { return nil }
            let part = UInt64(byte & 0x7F)
            // The tenth byte may only carry the top bit, and no form but the shortest is legal.
            if shift == 63 && part > 1 { return nil }
            value |= part << shift
            if byte & 0x80 == 0 { return shift > 0 && byte == 0 ? nil : value }
        }
        return nil
    }

    /// A varint that numbers something: a commit, a keyspace, a segment.
    mutating func number() -> UInt64? {
        guard let value = varint(), value <= StoreLimits.numberMax else { return nil }
        return value
    }

    /// A varint that counts something of at most `limit`.
    mutating func count(max limit: Int) -> Int? {
        guard let value = varint(), value <= UInt64(limit) else { return nil }
        return Int(value)
    }

    /// The range of the next `count` bytes, which are skipped.
    mutating func skip(_ count: Int) -> Range<Int>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { offset += count }
        return offset..<offset + count
    }
}
