import Testing

@testable import CairnStore

/// Docs/Formats/ListCursor.md, with its worked example byte for byte.
@Suite("List cursor") struct ListCursorTests {
    private static let example = ListCursorContent(
        store: StoreID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10),
        keyspace: "users", range: KeyRange(prefix: bytes("a")), key: bytes("ada"))

    @Test func `the worked example`() throws {
        let bytes = Self.example.encoded()
        #expect(try ListCursorContent(bytes) == Self.example)
        #expect(
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
                == Self.golden)
        let cursor = ListCursor(bytes: bytes)
        #expect("\(cursor)" == Self.goldenText)
        #expect(ListCursor(Self.goldenText) == cursor)
    }

    private static let golden =
        "01 08 07 06 05 04 03 02 01 10 0f 0e 0d 0c 0b 0a "
        + "09 52 64 52 2e 0b f3 30 71 61 64 61 05 95 84 25"
    private static let goldenText = "AQgHBgUEAwIBEA8ODQwLCglSZFIuC_MwcWFkYQWVhCU"

    @Test func `text is one way to write bytes, and no other text is read`() {
        for count in 0..<70 {
            let data = noise(count, seed: UInt64(count))
            let text = URLSafeText.encode(data)
            #expect(URLSafeText.decode(text) == data)
            #expect(text.utf8.count == (count * 4 + 2) / 3)
        }
        #expect(URLSafeText.encode([0xFB, 0xFF]) == "-_8")
        for wrong in ["-_9", "A", "AAAAA", "AA==", "A+", "A/", "Ä", "A A", "AB"] {
            #expect(URLSafeText.decode(wrong) == nil, "\(wrong)")
            #expect(ListCursor(wrong) == nil, "\(wrong)")
        }
    }

    /// Method: every bit of a cursor turned once, and every length.
    @Test func `a mangled cursor is found out`() throws {
        let bytes = Self.example.encoded()
        for bit in 0..<bytes.count * 8 {
            var mangled = bytes
            mangled[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: ListCursorContent.Defect.self) { try ListCursorContent(mangled) }
        }
        for count in bytes.indices {
            #expect(throws: ListCursorContent.Defect.self) {
                try ListCursorContent(Array(bytes[..<count]))
            }
        }
    }

    @Test func `everything in a range but its limit makes it another one`() {
        let ranges = [
            KeyRange(), KeyRange(prefix: [1]), KeyRange(start: [1]), KeyRange(startAfter: [1]),
            KeyRange(end: [1]), KeyRange(reverse: true), KeyRange(start: []),
            KeyRange(start: [1], end: [2]), KeyRange(start: [2], end: [1]),
        ]
        let checksums = ranges.map {
            ListCursorContent(store: Self.example.store, keyspace: "s", range: $0, key: []).range
        }
        #expect(Set(checksums).count == ranges.count)
        var limited = ranges[1]
        limited.limit = 5
        #expect(
            ListCursorContent(store: Self.example.store, keyspace: "s", range: limited, key: [])
                .range == checksums[1])
    }
}
