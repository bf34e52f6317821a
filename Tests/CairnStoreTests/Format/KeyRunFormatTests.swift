import CairnSimulation
import Testing

@testable import CairnStore

/// Docs/Formats/KeyFooter.md, with its worked example byte for byte.
@Suite("Key run format") struct KeyRunFormatTests {
    @Test func `a position is read as it was written`() throws {
        let position = LogPosition(
            segment: 7, offset: 70_000, headerOffset: 69_000, chain: 0xDEAD_BEEF, nextSequence: 99)
        var writer = ByteWriter()
        position.encode(to: &writer)
        #expect(writer.count == LogPosition.byteCount)
        var reader = ByteReader(writer.bytes)
        #expect(LogPosition(&reader) == position)
        #expect(reader.remaining == 0)
        for count in 0..<writer.count {
            var short = ByteReader(writer.bytes, in: 0..<count)
            #expect(LogPosition(&short) == nil)
        }
        func isRefused(_ position: LogPosition) -> Bool {
            var writer = ByteWriter()
            position.encode(to: &writer)
            var reader = ByteReader(writer.bytes)
            return LogPosition(&reader) == nil
        }
        var wrong = position
        wrong.headerOffset = wrong.offset
        #expect(isRefused(wrong))
        wrong.headerOffset = 0
        #expect(!isRefused(wrong))
        wrong.nextSequence = .max
        #expect(isRefused(wrong))
        wrong = position
        wrong.segment = .max
        #expect(isRefused(wrong))
    }

    @Test func `names are read as they are written, and no others are read`() {
        let name = KeyRunName(firstSequence: 12, lastSequence: 345)
        #expect(name.fileName == "0000000000000012-0000000000000345.keys")
        #expect(KeyRunName(fileName: name.fileName) == name)
        let wide = KeyRunName(
            firstSequence: 12_345_678_901_234_567, lastSequence: 1_234_567_890_123_456_789)
        #expect(wide.fileName == "12345678901234567-1234567890123456789.keys")
        #expect(KeyRunName(fileName: wide.fileName) == wide)
        for other in [
            "", ".keys", "12-345.keys", "0000000000000345-0000000000000012.keys",
            "0000000000000012-0000000000000345.key", "0000000000000012-0000000000000345.keys.new",
            "0000000000000012.keys", "0000000000000012-0000000000000345-0000000000000346.keys",
            "+000000000000012-0000000000000345.keys", "0000000000000001.segment",
            "0000000000000001-18446744073709551615.keys",
        ] {
            #expect(KeyRunName(fileName: other) == nil, "\(other)")
        }
    }

    /// The directory entry of keyspace 1, `users`, and three keys in it.
    static func example() throws -> KeyRun {
        var buffer = KeyBuffer()
        func entry(_ keyspace: UInt64, _ sequence: UInt64, _ offset: UInt32) -> IndexedKey {
            IndexedKey(
                keyspace: keyspace, sequence: sequence, segment: 1, offset: offset, byteCount: 16,
                footprint: 16)
        }
        var users = entry(0, 1, 4160)
        users.target = 1
        buffer.append(users, key: Array("users".utf8))
        var ada = entry(1, 1, 4176)
        ada.byteCount = 27
        ada.footprint = 27
        ada.expiry = 1000
        buffer.append(ada, key: Array("ada".utf8), metadata: Array("{}".utf8))
        var adam = entry(1, 3, 4352)
        adam.footprint = 300_000
        buffer.append(adam, key: Array("adam".utf8))
        var bob = entry(1, 4, 4096)
        bob.segment = 2
        bob.kind = .delete
        buffer.append(bob, key: Array("bob".utf8))
        let from = LogPosition(
            segment: 1, offset: 4096, headerOffset: 0, chain: 0, nextSequence: 1)
        let to = LogPosition(
            segment: 2, offset: 4256, headerOffset: 4096, chain: 0x0A0B_0C0D, nextSequence: 5)
        let writer = KeyRunWriter(
            store: KeyModel.store, salt: 0x1122_3344_5566_7788, firstSequence: 1, lastSequence: 4,
            from: from, to: to,
            segments: [
                KeyRunSegment(number: 1, salt: 0xA1, recordByteCount: 300_027),
                KeyRunSegment(number: 2, salt: 0xA2, recordByteCount: 16),
            ])
        return try KeyRun.inMemory(buffer.sorted(), into: writer)
    }

    @Test func `the worked example`() throws {
        let run = try Self.example()
        let bytes = try #require(run.memory)
        let golden = Self.golden.split(whereSeparator: \.isWhitespace)
        #expect(bytes.count == golden.count)
        #expect(
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) } == golden.map(String.init))
        let block = try run.block(0)
        #expect(block.count == 4)
        #expect(KeyFact(block, 1).metadata == Array("{}".utf8))
        #expect(KeyFact(block, 2).key == Array("adam".utf8))
        #expect(block.entries[2].footprint == 300_000 && block.entries[3].kind == .delete)
    }

    private static let golden = """
        43 41 49 52 4e 4b 45 59 01 00 00 00 00 00 00 00
        08 07 06 05 04 03 02 01 10 0f 0e 0d 0c 0b 0a 09
        01 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00
        88 77 66 55 44 33 22 11 00 00 00 00 7f d5 c8 b5
        04 00 00 00 11 00 00 00
        10 00 05 00 c0 20 10 01 75 73 65 72 73
        26 00 03 00 d0 20 1b e8 07 02 01 61 64 61 7b 7d
        08 03 01 02 80 22 10 e0 a7 12 6d
        41 00 03 03 80 20 10 01 62 6f 62
        aa 99 7b 9a
        00 3f 04 05 75 73 65 72 73
        1c 13 f5 cb
        01 00 00 00 00 00 00 00 00 10 00 00 00 00 00 00
        00 00 00 00 01 00 00 00 00 00 00 00
        02 00 00 00 00 00 00 00 a0 10 00 00 00 10 00 00
        0d 0c 0b 0a 05 00 00 00 00 00 00 00
        02 00 00 00 00 00 00 00 a0 10 00 00 00 10 00 00
        0d 0c 0b 0a 05 00 00 00 00 00 00 00
        04 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00
        02 00 00 00
        01 00 00 00 00 00 00 00 a1 00 00 00 00 00 00 00
        fb 93 04 00 00 00 00 00
        02 00 00 00 00 00 00 00 a2 00 00 00 00 00 00 00
        10 00 00 00 00 00 00 00
        55 e3 66 47
        43 41 49 52 4e 4b 59 45 01 00 00 00 01 00 00 00
        08 07 06 05 04 03 02 01 10 0f 0e 0d 0c 0b 0a 09
        01 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00
        88 77 66 55 44 33 22 11
        7f 00 00 00 00 00 00 00 0d 00 00 00 00 00 00 00
        8c 00 00 00 00 00 00 00 9c 00 00 00 00 00 00 00
        00 00 00 00
        53 a2 fa 5c
        """
}
