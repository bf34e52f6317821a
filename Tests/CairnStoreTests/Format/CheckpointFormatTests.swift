import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

/// Docs/Formats/Checkpoint.md, with its worked example byte for byte.
@Suite("Checkpoint format") struct CheckpointFormatTests {
    private static let header = CheckpointHeader(
        store: KeyModel.store, nextSequence: 2, salt: 0x1122_3344_5566_7788)
    private static let hash = KeyedHash(
        key0: 0x0706_0504_0302_0100, key1: 0x0F0E_0D0C_0B0A_0908)

    private static func fingerprint(_ key: String) -> Fingerprint {
        let bytes = Array(key.utf8)
        let (high, low) = unsafe hash.hash(1, bytes.span.bytes)
        return Fingerprint(high: high, low: low)
    }

    /// The slots by shard.
    private static var slots: [Int: [IndexSlot]] {
        let ada = fingerprint("ada")
        let adam = fingerprint("adam")
        return [
            ada.shard: [
                IndexSlot(
                    ada,
                    IndexPlace(segmentSlot: 0, offset: 4176, footprint: 27, isChunked: false))
            ],
            adam.shard: [
                IndexSlot(
                    adam,
                    IndexPlace(segmentSlot: 0, offset: 4272, footprint: 300_000, isChunked: true))
            ],
        ]
    }

    static func example() -> [UInt8] {
        var tables = CheckpointTables()
        var bytes = header.encoded()
        for shard in 0..<IndexTable.shardCount {
            let encoded = SlotBytes.encode(slots[shard] ?? [])
            tables.shards.append(
                CheckpointTables.Shard(
                    count: slots[shard]?.count ?? 0,
                    checksum: header.identity.checksum(
                        of: encoded, in: 0..<encoded.count, at: bytes.count)))
            bytes += encoded
        }
        tables.segments = [
            CheckpointTables.Segment(
                number: 1, salt: 0xA1, recordByteCount: 300_075, liveByteCount: 311_328)
        ]
        tables.spaces = [
            1: StoreAccounts.Space(
                name: "users", keyCount: 2, byteCount: 311_328, lastSequence: 3)
        ]
        tables.nextKeyspace = 2
        let encoded = tables.encoded()
        let trailer = CheckpointTrailer(
            position: LogPosition(
                segment: 1, offset: 4208, headerOffset: 4096, chain: 0x0A0B_0C0D, nextSequence: 2),
            proof: LogPosition(
                segment: 1, offset: 4480, headerOffset: 4208, chain: 0x1A1B_1C1D, nextSequence: 4),
            countedSequence: 3, tablesOffset: bytes.count, tablesByteCount: encoded.count,
            tablesChecksum: header.identity.checksum(
                of: encoded, in: 0..<encoded.count, at: bytes.count))
        bytes += encoded
        return bytes + trailer.encoded(in: header.identity, at: bytes.count)
    }

    private static func open(
        _ bytes: [UInt8], store: StoreID = KeyModel.store
    ) throws(CheckpointFile.Failure) -> CheckpointFile {
        let disk = SimulatedFileSystem(files: ["/disk/CHECKPOINT": bytes], directories: ["/disk"])
        return try CheckpointFile("/disk/CHECKPOINT", store: store, disk)
    }

    @Test func `the worked example`() throws {
        let bytes = Self.example()
        func hexadecimal(_ range: Range<Int>) -> String {
            bytes[range].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                .joined(separator: " ")
        }
        func golden(_ text: String) -> String {
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        #expect(bytes.count == 33_048)
        #expect(hexadecimal(0..<96) == golden(Self.goldenStart))
        #expect(hexadecimal(32_864..<33_048) == golden(Self.goldenEnd))
        #expect(hexadecimal(96..<104) == "00 00 00 00 e7 e2 61 56")
        #expect(hexadecimal(96 + 8 * 0xBE6..<104 + 8 * 0xBE6) == "01 00 00 00 74 d3 93 e4")
        #expect(hexadecimal(96 + 8 * 0xEFF..<104 + 8 * 0xEFF) == "01 00 00 00 d5 2b 50 5b")
        var checksum = CRC32C()
        checksum.add(bytes)
        #expect(checksum.value == 0x45A4_FEA0)
    }

    @Test func `a checkpoint is read as it was written`() throws {
        let file = try Self.open(Self.example())
        #expect(file.header == Self.header)
        #expect(file.trailer.proof.nextSequence == 4 && file.trailer.countedSequence == 3)
        #expect(file.tables.spaces[1]?.name == "users" && file.tables.nextKeyspace == 2)
        for shard in 0..<IndexTable.shardCount {
            #expect(try file.shard(shard) == Self.slots[shard] ?? [])
        }
        let place = try #require(try file.shard(0xEFF).first).place
        #expect(place.isChunked && place.offset == 4272 && place.footprint == 311_296)
    }

    /// Method: every byte turned once; what the open does not read, the shard's read must find out.
    @Test func `every flipped byte is found`() throws {
        let bytes = Self.example()
        let shards = Self.slots.keys.sorted()
        for offset in bytes.indices where offset < 128 || offset % 37 == 0 || offset > 32_800 {
            var damaged = bytes
            damaged[offset] ^= 1 << UInt8(offset % 8)
            #expect(throws: CheckpointFile.Failure.self, "offset \(offset)") {
                let file = try Self.open(damaged)
                for shard in shards { _ = try file.shard(shard) }
            }
        }
    }

    @Test func `what is cut, longer or another store's is refused`() {
        let bytes = Self.example()
        for count in [0, 63, 64, 100, 175, 176, 1000, bytes.count - 1] {
            #expect(throws: CheckpointFile.Failure.self, "\(count) bytes") {
                try Self.open(Array(bytes[..<count]))
            }
        }
        #expect(throws: CheckpointFile.Failure.self) { try Self.open(bytes + [0]) }
        #expect(throws: CheckpointFile.Failure.self) {
            try Self.open(bytes, store: StoreID(high: 1, low: 2))
        }
    }

    private static let goldenStart = """
        43 41 49 52 4e 43 48 4b 01 00 00 00 00 10 00 00
        08 07 06 05 04 03 02 01 10 0f 0e 0d 0c 0b 0a 09
        02 00 00 00 00 00 00 00 88 77 66 55 44 33 22 11
        00 00 00 00 00 00 00 00 00 00 00 00 88 45 3c 9e
        27 5b 13 3b cb b6 c5 e2 04 50 10 00 00 00 00 20
        6d af 5b 27 3f b0 3f 1a 33 b0 10 00 80 00 00 6b
        """

    private static let goldenEnd = """
        01 00 00 00
        01 00 00 00 00 00 00 00 a1 00 00 00 00 00 00 00
        2b 94 04 00 00 00 00 00 20 c0 04 00 00 00 00 00
        02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        00 00 00 00
        01 00 00 00
        01 05 75 73 65 72 73 02 a0 80 13 03
        01 00 00 00 00 00 00 00 70 10 00 00 00 10 00 00
        0d 0c 0b 0a 02 00 00 00 00 00 00 00
        01 00 00 00 00 00 00 00 80 11 00 00 70 10 00 00
        1d 1c 1b 1a 04 00 00 00 00 00 00 00
        03 00 00 00 00 00 00 00
        60 00 00 00 00 00 00 00 48 80 00 00 00 00 00 00
        6e ec 62 69
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        43 41 49 52 4e 43 48 4b
        6c fb ef 0f
        """
}
