import CairnSimulation
import Testing

@testable import CairnStore

@Suite("Pages of a listing") struct ListedPageTests {
    private static func text(_ key: [UInt8]) -> String { String(decoding: key, as: UTF8.self) }

    /// All pages, one after another, and how many there were.
    private static func all(
        _ range: KeyRange, in space: Keyspace
    ) throws -> (entries: [Entry], pageCount: Int) {
        var entries: [Entry] = []
        var cursor: ListCursor?
        var count = 0
        repeat {
            let page = try space.page(range, after: cursor)
            let keys = try space.keyPage(range, after: cursor)
            #expect(keys.entries.map(\.key) == page.entries.map(\.key))
            #expect(keys.cursor == page.cursor)
            entries += page.entries
            // Through text, as a client keeps it.
            cursor = try page.cursor.map { try #require(ListCursor("\($0)")) }
            count += 1
        } while cursor != nil
        return (entries, count)
    }

    @Test func `pages together are the listing`() throws {
        let store = try SimulatedStore().open()
        let space = try store.keyspace("s")
        for number in 0..<37 {
            try space.put("k\(number)", bytes("v\(number)"), durability: .memory)
        }
        let ranges = [
            KeyRange(), KeyRange(prefix: bytes("k1")), KeyRange(reverse: true),
            KeyRange(start: bytes("k2"), end: bytes("k3"), reverse: true),
            KeyRange(startAfter: bytes("k2")),
        ]
        for range in ranges {
            let expected = try space.list(range)
            for limit in [1, 2, 7, 36, 37, 38, Int.max] {
                var range = range
                range.limit = limit
                let (entries, pageCount) = try Self.all(range, in: space)
                #expect(entries == expected)
                // The last page knows that it is the last, also when it is full.
                #expect(pageCount == max(1, (expected.count - 1) / limit + 1), "\(limit)")
            }
        }
    }

    @Test func `without a limit a page has a thousand entries`() throws {
        let store = try SimulatedStore().open()
        let space = try store.keyspace("s")
        for number in 0..<1001 { try space.put("k\(number)", [], durability: .memory) }
        let first = try space.keyPage()
        #expect(first.entries.count == 1000)
        let second = try space.keyPage(after: first.cursor)
        #expect(second.entries.map { Self.text($0.key) } == ["k999"])
        #expect(second.cursor == nil)
    }

    @Test func `where nothing can be there is an empty page and no cursor`() throws {
        let store = try SimulatedStore().open()
        let space = try store.keyspace("s")
        #expect(try space.page() == ListedPage(of: []))
        try space.put("a", [1])
        try space.put("b", [1])
        for range in [
            KeyRange(start: bytes("b"), end: bytes("a")),
            KeyRange(prefix: bytes("a"), start: bytes("b")), KeyRange(limit: 0),
            KeyRange(limit: -1), KeyRange(limit: .min),
        ] {
            #expect(try space.page(range) == ListedPage(of: []))
        }
        let cursor = try #require(try space.page(KeyRange(limit: 1)).cursor)
        #expect(try space.page(KeyRange(limit: 0), after: cursor) == ListedPage(of: []))
    }

    @Test func `a cursor is refused where it does not belong, with what was expected`() throws {
        let store = try SimulatedStore().open()
        let space = try store.keyspace("people")
        let other = try store.keyspace("other")
        for key in ["a", "b", "c"] {
            try space.put(key, [1])
            try other.put(key, [1])
        }
        let range = KeyRange(start: bytes("a"), limit: 1)
        let cursor = try #require(try space.page(range).cursor)
        func refusal(
            _ cursor: ListCursor, _ range: KeyRange, _ space: Keyspace
        ) -> String {
            do throws(StoreError) { _ = try space.page(range, after: cursor) } catch {
                #expect(error.kind == .invalid)
                return error.message
            }
            return "none"
        }
        #expect(refusal(cursor, range, space) == "none")
        #expect(refusal(cursor, range, other).contains("another keyspace's: expected other"))
        var turned = range
        turned.reverse = true
        #expect(refusal(cursor, turned, space).contains("of another range"))
        let elsewhere = try SimulatedStore(seed: 2).open().keyspace("people")
        #expect(refusal(cursor, range, elsewhere).contains("another store's: expected "))
        var mangled = cursor.bytes
        mangled[3] ^= 1
        let message = refusal(ListCursor(bytes: mangled), range, space)
        #expect(message.contains("mangled: expected the checksum "))
        #expect(refusal(ListCursor(bytes: []), range, space).contains("found 0 bytes"))
        // Even where nothing is asked for.
        var nothing = turned
        nothing.limit = 0
        #expect(refusal(cursor, nothing, space).contains("of another range"))
    }

    @Test func `a cursor outlives its store's opens and the key it names`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        for key in ["a", "b", "c", "d"] { try store.keyspace("s").put(key, [1]) }
        let first = try store.keyspace("s").page(KeyRange(limit: 2))
        try store.keyspace("s").delete("b")
        try store.close()
        let space = try world.open().keyspace("s")
        let second = try space.page(KeyRange(limit: 5), after: first.cursor)
        #expect(second.entries.map { Self.text($0.key) } == ["c", "d"])
    }

    /// Goal: what is there throughout is seen exactly once, whatever else comes and goes.
    /// Method: even keys stay and are written to; odd ones come and go between pages of random length.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `what is there throughout is seen once`(_ seed: UInt64) throws {
        let space = try SimulatedStore(seed: seed).open().keyspace("s")
        var random = SeededRandom(seed: seed)
        func key(_ number: UInt64) -> [UInt8] { bytes("\(1000 + number)") }
        for number in stride(from: 0, to: 400, by: 2) as StrideTo<UInt64> {
            try space.put(key(number), [], durability: .memory)
        }
        var seen: [[UInt8]] = []
        var cursor: ListCursor?
        var range = KeyRange(reverse: seed % 2 == 0)
        repeat {
            range.limit = 1 + Int(random.next() % 9)
            let page = try space.page(range, after: cursor)
            seen += page.entries.map(\.key)
            cursor = page.cursor
            for _ in 0..<8 {
                let number = random.next() % 400
                if number % 2 == 0 || random.next() % 2 == 0 {
                    try space.put(key(number), [1], durability: .memory)
                } else {
                    try space.delete(key(number), durability: .memory)
                }
            }
        } while cursor != nil
        let order: ([UInt8], [UInt8]) -> Bool = { $0.lexicographicallyPrecedes($1) }
        #expect(seen == (range.reverse ? seen.sorted { order($1, $0) } : seen.sorted(by: order)))
        #expect(Set(seen).count == seen.count)
        for number in stride(from: 0, to: 400, by: 2) as StrideTo<UInt64> {
            #expect(seen.contains(key(number)))
        }
    }
}

extension ListedPage {
    fileprivate init(of entries: [Element]) { self.init(entries: entries, cursor: nil) }
}
