import BenchData
import Testing

/// A benchmark is worth what its data is worth.
@Suite("Data of the benchmarks") struct BenchDataTests {
    @Test("a permutation visits everything once", arguments: [1, 2, 3, 100, 4097])
    func permutation(count: Int) {
        let permutation = Permutation(count: count, seed: 5)
        #expect(Set((0..<count).map { permutation[$0] }) == Set(0..<count))
    }

    @Test("keys have the order of their numbers, and absent ones lie among them")
    func keys() {
        let keys = KeySource(byteCount: 24)
        #expect(keys.key(42) == Array("user00000000000000000042".utf8))
        #expect(keys.key(99).lexicographicallyPrecedes(keys.key(100)))
        #expect(keys.number(of: keys.key(123_456).span) == 123_456)
        let absent = keys.absentKey(42)
        #expect(keys.number(of: absent.span) == nil)
        #expect(keys.key(49).lexicographicallyPrecedes(absent))
        #expect(absent.lexicographicallyPrecedes(keys.key(50)))
    }

    @Test("values say which key and version they are of", arguments: [48, 100, 1000])
    func values(byteCount: Int) {
        let values = ValueSource(byteCount: byteCount)
        for number in [0, 1, 42, 9_999_999] {
            let value = values.value(number, version: number % 7)
            #expect(value.count == byteCount)
            #expect(value.last == UInt8(ascii: "}"))
            #expect(values.version(of: value.span, number) == number % 7)
            #expect(values.version(of: value.span, number + 1) == nil)
        }
    }

    @Test("no byte of a value can change unseen")
    func damage() {
        let values = ValueSource(byteCount: 100)
        let value = values.value(77, version: 3)
        for index in value.indices {
            var changed = value
            changed[index] ^= 1
            let version = values.version(of: changed.span, 77)
            #expect(version != 3)
        }
    }

    @Test("low ranks are drawn as often as Zipf's law says")
    func zipf() {
        let zipf = ZipfDistribution(count: 1000, theta: 0.99)
        #expect(abs((0..<1000).reduce(0) { $0 + zipf.probability(of: $1) } - 1) < 1e-9)
        var random = RandomNumbers(seed: 3)
        var counts = [Int](repeating: 0, count: 1000)
        let draws = 200_000
        for _ in 0..<draws { counts[zipf.draw(&random)] += 1 }
        for rank in [0, 1] {
            let expected = zipf.probability(of: rank) * Double(draws)
            #expect(abs(Double(counts[rank]) - expected) < 0.05 * expected)
        }
        let half = Double(counts[..<500].reduce(0, +)) / Double(draws)
        let expected = (0..<500).reduce(0) { $0 + zipf.probability(of: $1) }
        #expect(abs(half - expected) < 0.02)
    }
}
