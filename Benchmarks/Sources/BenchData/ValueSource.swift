/// Makes the values: JSON documents of exactly one size, each a function of its key's number and a
/// version, so that whoever reads one can tell whether it is right.
///
///     {"id":10000000042,"v":100003,"name":"Mara Lindqvist","at":1767225600123,"amount":482.17,…}
///
/// The number and the version stand at fixed places, behind a one that keeps JSON content; the rest
/// is one of many documents made beforehand, which both choose.
package struct ValueSource: Sendable {
    package let byteCount: Int
    private let documents: [UInt8]
    private let documentCount: Int

    /// The least size: below it there would be nothing but number and version.
    package static let byteCountMin = 48
    /// Versions lie below it.
    package static let versionMax = 100_000
    private static let poolByteCountMax = 4 << 20
    private static let numberPlace = 7..<17
    private static let versionPlace = 23..<28

    package init(byteCount: Int) {
        precondition(byteCount >= Self.byteCountMin)
        self.byteCount = byteCount
        let count = min(32_768, max(16, Self.poolByteCountMax / byteCount))
        documentCount = count
        var random = RandomNumbers(seed: 7)
        var documents: [UInt8] = []
        documents.reserveCapacity(count * byteCount)
        for _ in 0..<count { documents += JSONDocument.make(byteCount: byteCount, &random) }
        self.documents = documents
    }

    /// The value of the key with this number.
    package func value(_ number: Int, version: Int) -> [UInt8] {
        var value = [UInt8](repeating: 0, count: byteCount)
        fill(&value, number, version: version)
        return value
    }

    /// Makes `value`, of the right size, the value of the key with this number.
    package func fill(_ value: inout [UInt8], _ number: Int, version: Int) {
        let start = document(number, version)
        for index in 0..<byteCount { value[index] = documents[start + index] }
        Self.write(number, Self.numberPlace, &value)
        Self.write(version, Self.versionPlace, &value)
    }

    /// The version of a value of the key with this number, or `nil` when any byte of it is wrong.
    package func version(of value: Span<UInt8>, _ number: Int) -> Int? {
        guard value.count == byteCount, Self.read(value, Self.numberPlace) == number,
            let version = Self.read(value, Self.versionPlace)
        else { return nil }
        let start = document(number, version)
        for index in 0..<Self.numberPlace.lowerBound where value[index] != documents[start + index]
        {
            return nil
        }
        for index in Self.numberPlace.upperBound..<Self.versionPlace.lowerBound
        where value[index] != documents[start + index] {
            return nil
        }
        for index in Self.versionPlace.upperBound..<byteCount
        where value[index] != documents[start + index] {
            return nil
        }
        return version
    }

    private func document(_ number: Int, _ version: Int) -> Int {
        let mixed = RandomNumbers.mix(UInt64(number) &* 100_003 &+ UInt64(version))
        return Int(mixed % UInt64(documentCount)) * byteCount
    }

    private static func write(_ number: Int, _ place: Range<Int>, _ value: inout [UInt8]) {
        var rest = number
        for index in place.reversed() {
            value[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static func read(_ value: Span<UInt8>, _ place: Range<Int>) -> Int? {
        var number = 0
        for index in place {
            let digit = value[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }
}
