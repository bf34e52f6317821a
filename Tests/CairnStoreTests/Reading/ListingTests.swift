import CairnSimulation
import CairnStore
import CairnTestSupport
import Testing

@Suite("Listing") struct ListingTests {
    @Test func `bounds, prefix, order and limit apply together`() throws {
        let test = try TestStore()
        let space = try test.open().keyspace("list")
        for key in ["app", "apple", "apq", "b", "a", "a\0"] { try space.put(key, bytes(key)) }
        func keys(_ range: KeyRange) throws -> [String] {
            try space.keys(range).map { String(decoding: $0.key, as: UTF8.self) }
        }
        #expect(try keys(KeyRange()) == ["a", "a\0", "app", "apple", "apq", "b"])
        #expect(try keys(KeyRange(reverse: true)) == ["b", "apq", "apple", "app", "a\0", "a"])
        #expect(try keys(KeyRange(prefix: bytes("app"))) == ["app", "apple"])
        #expect(try keys(KeyRange(prefix: bytes("app"), start: bytes("appb"))) == ["apple"])
        #expect(try keys(KeyRange(prefix: bytes("app"), start: bytes("b"))) == [])
        #expect(try keys(KeyRange(prefix: bytes("app"), end: bytes("app"))) == [])
        #expect(try keys(KeyRange(startAfter: bytes("a"), limit: 2)) == ["a\0", "app"])
        #expect(try keys(KeyRange(end: bytes("apple"), reverse: true, limit: 1)) == ["app"])
        #expect(try keys(KeyRange(start: bytes("x"))) == [])
        #expect(try keys(KeyRange(limit: 0)) == [])
        #expect(
            try space.list(prefix: "ap", limit: 2).map(\.value) == [bytes("app"), bytes("apple")])
    }

    @Test func `a visit shows what a list returns, and ends when it is told to`() throws {
        struct Enough: Error {}
        let test = try TestStore()
        let space = try test.open().keyspace("list")
        for number in 0..<50 {
            try space.put("k\(number)", noise(number * 997), durability: .memory)
        }
        for range in [KeyRange(), KeyRange(prefix: bytes("k1"), reverse: true), KeyRange(limit: 7)]
        {
            var visited: [[UInt8]] = []
            try space.visit(range) { key, value in
                visited.append(key.indices.map { key[$0] })
                visited.append(value.indices.map { value[$0] })
            }
            #expect(visited == (try space.list(range).flatMap { [$0.key, $0.value] }))
        }
        var count = 0
        #expect(throws: Enough.self) {
            try space.visit { _, _ in
                count += 1
                if count == 3 { throw Enough() }
            }
        }
        #expect(count == 3)
    }

    @Test func `a prefix of 0xFF bytes has no upper bound`() throws {
        let test = try TestStore()
        let space = try test.open().keyspace("list")
        for key in [[0xFE], [0xFF], [0xFF, 0xFF], [0xFF, 0xFF, 1]] as [[UInt8]] {
            try space.put(key, key)
        }
        #expect(try space.keys(KeyRange(prefix: [0xFF, 0xFF])).count == 2)
        #expect(try space.keys(KeyRange(prefix: [0xFF], reverse: true)).count == 3)
    }

    @Test func `keys come with metadata and expiry`() throws {
        let test = try TestStore()
        let space = try test.open().keyspace("list")
        try space.put("k", noise(2000), metadata: bytes("{}"), expiry: 9_000_000)
        let key = try #require(try space.keys().first)
        #expect(key.metadata == bytes("{}"))
        #expect(key.expiry == 9_000_000)
    }

    /// Method: random puts, deletes and ranges against a plain sorted dictionary; a reopen now and
    /// then. The seed is the test's argument.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random operations agree with a sorted dictionary`(_ seed: UInt64) throws {
        let test = try TestStore()
        var store = try test.open()
        var space = try store.keyspace("model")
        var model: [[UInt8]: [UInt8]] = [:]
        var random = SeededRandom(seed: seed)
        func randomKey() -> [UInt8] {
            (0..<Int(random.next() % 4)).map { _ in UInt8(random.next() % 4) &* 85 }
        }
        for step in 0..<1500 {
            switch random.next() % 10 {
            case 0..<5:
                let (key, value) = (
                    randomKey(), noise(Int(random.next() % 200), seed: UInt64(step))
                )
                try space.put(key, value, durability: .memory)
                model[key] = value
            case 5..<7:
                let key = randomKey()
                try space.delete(key, durability: .memory)
                model[key] = nil
            case 7 where step % 50 == 0:
                try store.close()
                store = try test.open()
                space = try store.keyspace("model")
            default:
                let range = KeyRange(
                    prefix: random.next() % 3 == 0 ? randomKey() : [],
                    start: random.next() % 3 == 0 ? randomKey() : nil,
                    startAfter: random.next() % 4 == 0 ? randomKey() : nil,
                    end: random.next() % 3 == 0 ? randomKey() : nil,
                    reverse: random.next() % 2 == 0,
                    limit: random.next() % 3 == 0 ? Int(random.next() % 5) : nil)
                #expect(
                    try space.list(range).map { [$0.key, $0.value] } == expected(range, model))
            }
        }
    }

    private func expected(_ range: KeyRange, _ model: [[UInt8]: [UInt8]]) -> [[[UInt8]]] {
        var keys = model.keys.filter { key in
            key.starts(with: range.prefix)
                && !(range.start.map { key.lexicographicallyPrecedes($0) } ?? false)
                && (range.startAfter.map { $0.lexicographicallyPrecedes(key) } ?? true)
                && (range.end.map { key.lexicographicallyPrecedes($0) } ?? true)
        }
        keys.sort { $0.lexicographicallyPrecedes($1) }
        if range.reverse { keys.reverse() }
        return keys.prefix(range.limit ?? .max).map { [$0, model[$0] ?? []] }
    }

    @Test func `a long value that compresses to nothing is listed whole among short ones`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        let long = [UInt8](repeating: 7, count: 300 << 10)
        for number in 0..<20 {
            try space.put("key \(number)", number == 11 ? long : [UInt8(number)])
        }
        for _ in 0..<2 {
            let listed = try space.list()
            #expect(listed.count == 20)
            for entry in listed {
                #expect(try space.get(entry.key) == entry.value)
            }
            #expect(listed.contains { $0.value == long })
        }
    }
}
