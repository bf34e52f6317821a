/// Makes the keys: `user` and the number of the key in decimal digits, so that numbers and keys
/// have the same order, and a hundred neighbours share all but two digits.
package struct KeySource: Sendable {
    package let byteCount: Int
    private static let head = Array("user".utf8)

    /// How many bytes keys must have at least, for `count` of them.
    package static func byteCountMin(count: Int) -> Int {
        head.count + max(3, "\(count - 1)".count)
    }

    package init(byteCount: Int) { self.byteCount = byteCount }

    /// The key with this number.
    package func key(_ number: Int) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: byteCount)
        fill(&key, number)
        return key
    }

    /// A key that is never there, and sorts after the present ones of the same ten and before the
    /// next ten.
    package func absentKey(_ number: Int) -> [UInt8] {
        var key = key(number)
        makeAbsent(&key)
        return key
    }

    /// Makes `key`, of the right size, the key with this number.
    package func fill(_ key: inout [UInt8], _ number: Int) {
        for (index, byte) in Self.head.enumerated() { key[index] = byte }
        var rest = number
        for index in stride(from: byteCount - 1, through: Self.head.count, by: -1) {
            key[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    /// Makes a present key an absent one: its last digit becomes a letter.
    package func makeAbsent(_ key: inout [UInt8]) {
        key[byteCount - 1] += UInt8(ascii: "a") - UInt8(ascii: "0")
    }

    /// The number of a key, or `nil` when it is none of ours.
    package func number(of key: Span<UInt8>) -> Int? {
        guard key.count == byteCount else { return nil }
        var number = 0
        for index in 0..<byteCount {
            if index < Self.head.count {
                guard key[index] == Self.head[index] else { return nil }
            } else {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(key[index]) else {
                    return nil
                }
                number = number * 10 + Int(key[index] - UInt8(ascii: "0"))
            }
        }
        return number
    }
}
