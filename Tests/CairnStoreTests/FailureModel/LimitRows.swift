import CairnSimulation
import Testing

@testable import CairnStore

/// Numbers that nobody wrote, and streams that expand without end: rows 24 and 25 of
/// Docs/FailureModel.md. Every checksum in these stores holds.
@Suite("Failure model: limits") struct LimitRows {
    private static let absurd: [UInt64] = [1 << 31, 1 << 63, .max]

    /// Opens the store, lists everything and verifies it: a typed error and a finding, no trap, and
    /// not one byte changed.
    private static func expectRefusal(
        _ store: CraftedStore, _ kinds: Set<StoreError.Kind>, _ context: String
    ) throws {
        let disk = store.disk
        let before = disk.files
        let kind = store.outcome(disk)
        #expect(kind.map { kinds.contains($0) } == true, "\(context): \(String(describing: kind))")
        #expect(disk.files.filter { !$0.key.hasSuffix("LOCK") } == before, "\(context)")
        let report = try StoreVerifier.verify(at: SimulatedStore.path, fileSystem: store.disk)
        #expect(!report.findings.isEmpty, "\(context)")
        do throws(StoreError) {
            try StoreDumper.dump(at: SimulatedStore.path, fileSystem: store.disk) { _ in }
        } catch { #expect(kinds.contains(error.kind), "\(context): \(error)") }
    }

    private static func store(_ record: CraftedRecord) -> CraftedStore {
        var store = CraftedStore()
        store.appendPeople()
        store.append([record])
        return store
    }

    @Test func `a crafted store without absurdities is read`() throws {
        var store = CraftedStore()
        store.appendPeople()
        let found = try SimulatedStore(store.disk).open()
        #expect(try found.keyspace("people").get("ada") == bytes("countess"))
    }

    @Test(arguments: absurd)
    func `FM24 an absurd number in a record is refused`(_ number: UInt64) throws {
        var records: [(String, CraftedRecord)] = []
        func add(_ name: String, _ change: (inout CraftedRecord) -> Void) {
            var record = CraftedRecord(sequence: 2, key: bytes("k"), stored: bytes("v"))
            change(&record)
            records.append((name, record))
        }
        add("key length") { $0.keyByteCount = number }
        add("stored length") { $0.storedByteCount = number }
        add("raw length") { ($0.codec, $0.rawByteCount) = (1, number) }
        add("metadata length") { ($0.flags, $0.metadataByteCount) = (2, number) }
        add("sequence") { $0.sequence = number }
        add("keyspace") { $0.keyspace = number }
        // Anything below 2^63 may number a keyspace.
        if number >= 1 << 63 {
            add("number of a new keyspace") { ($0.kind, $0.keyspace) = (3, number) }
        }
        for (name, record) in records {
            try Self.expectRefusal(
                Self.store(record), [.unsupportedVersion, .corrupt], "\(name) \(number)")
        }
    }

    @Test(arguments: absurd)
    func `FM24 any expiry is a time`(_ number: UInt64) throws {
        let record = CraftedRecord(
            flags: 1, sequence: 2, key: bytes("k"), stored: bytes("v"), expiry: number)
        #expect(Self.store(record).outcome() == nil)
    }

    @Test func `FM24 an absurd number in a frame's header is refused`() throws {
        let record = CraftedRecord(sequence: 2, key: bytes("k"), stored: bytes("v"))
        var patches: [(String, CraftedStore.Patches)] = [
            ("batches", [10: littleEndian(UInt16.max)]), ("no batches", [10: [0, 0]]),
        ]
        for number in [1 << 20 + 1, 1 << 31, .max] as [UInt32] {
            patches.append(("payload length", [12: littleEndian(number)]))
            patches.append(("records", [20: littleEndian(number)]))
        }
        for number in Self.absurd {
            patches.append(("first sequence", [24: littleEndian(number)]))
        }
        for (name, patch) in patches {
            var store = CraftedStore()
            store.appendPeople()
            store.append([record], patch)
            try Self.expectRefusal(store, [.unsupportedVersion, .corrupt], "\(name) \(patch)")
        }
    }

    /// Goal: a tool that goes on behind damage takes no number on trust either.
    @Test(arguments: absurd)
    func `FM24 an absurd sequence behind damage is a finding`(_ number: UInt64) throws {
        var store = CraftedStore()
        store.appendPeople()
        store.append(
            [CraftedRecord(sequence: number, key: bytes("k"), stored: bytes("v"))],
            [24: littleEndian(number)])
        store.damage(at: SegmentHeader.byteCount + 70)
        let report = try StoreVerifier.verify(at: SimulatedStore.path, fileSystem: store.disk)
        #expect(!report.findings.isEmpty)
    }

    @Test(arguments: absurd)
    func `FM24 an absurd number in the manifest is refused`(_ number: UInt64) throws {
        let fields = [
            56: "next segment", 64: "next keyspace", 72: "floor sequence", 80: "floor segment",
            88: "floor offset", 104: "segment number",
        ]
        for (offset, name) in fields where number > 1 << 31 || offset == 72 || offset == 104 {
            var store = CraftedStore()
            store.appendPeople()
            store.manifestPatches[offset] = littleEndian(number)
            try Self.expectRefusal(store, [.corrupt, .missing, .foreign], "\(name) \(number)")
        }
        var store = CraftedStore()
        store.manifestPatches[100] = littleEndian(UInt32(truncatingIfNeeded: number) | 2)
        try Self.expectRefusal(store, [.corrupt], "segments \(number)")
    }

    @Test(arguments: absurd)
    func `FM24 an absurd number in a segment's header is refused or means nothing`(
        _ number: UInt64
    ) throws {
        for (offset, kind) in [
            32: StoreError.Kind.foreign, 40: .foreign, 48: nil, 56: nil, 64: nil,
            76: .unsupportedVersion,
        ] {
            var store = CraftedStore()
            store.appendPeople()
            store.headerPatches[offset] =
                offset == 76
                ? littleEndian(UInt32(truncatingIfNeeded: number) | 1) : littleEndian(number)
            #expect(store.outcome() == kind, "offset \(offset)")
        }
    }

    private typealias Chunk = (segment: UInt64, offset: UInt64, byteCount: UInt64)

    /// A list of chunks that says anything.
    private static func list(
        _ valueByteCount: UInt64, count: UInt64? = nil, _ chunks: [Chunk]
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(valueByteCount)
        writer.append(UInt32(0))
        writer.appendVarint(count ?? UInt64(chunks.count))
        for chunk in chunks {
            writer.appendVarint(chunk.segment)
            writer.appendVarint(chunk.offset)
            writer.appendVarint(chunk.byteCount)
        }
        return writer.bytes
    }

    @Test func `FM24 an absurd number in a list of chunks is refused`() throws {
        let size: UInt64 = 300_000
        let chunk: Chunk = (1, 4096, 100)
        let longest = [Chunk](repeating: (1, 4096, 1 << 20), count: 4096)
        var lists: [(String, [UInt8])] = [
            ("a value without chunks", Self.list(1 << 30, [])),
            ("more chunks than the value has", Self.list(size, [chunk, chunk, chunk])),
            ("lengths that add up to more than 32 bits", Self.list(1 << 30, longest)),
        ]
        for number in Self.absurd {
            lists.append(("value length", Self.list(number, [chunk, chunk])))
            lists.append(("count", Self.list(size, count: number, [chunk, chunk])))
            lists.append(("segment", Self.list(size, [(number, 4096, 100), chunk])))
            lists.append(("offset", Self.list(size, [(1, number, 100), chunk])))
            lists.append(("length", Self.list(size, [(1, 4096, number), chunk])))
        }
        for (name, stored) in lists {
            let record = CraftedRecord(flags: 4, sequence: 2, key: bytes("k"), stored: stored)
            #expect(Self.store(record).outcome() == .corrupt, "\(name)")
            if name != "segment" { #expect(ChunkList(stored) == nil, "\(name)") }
        }
    }

    @Test func `FM24 varints end within ten bytes`() {
        for bytes in [
            [UInt8](repeating: 0x80, count: 9), [UInt8](repeating: 0x80, count: 64),
            [UInt8](repeating: 0xFF, count: 10), [UInt8](repeating: 0xFF, count: 9) + [2],
            [0x80, 0], [],
        ] {
            var reader = ByteReader(bytes)
            #expect(reader.varint() == nil)
        }
        var reader = ByteReader([UInt8](repeating: 0xFF, count: 9) + [1])
        #expect(reader.varint() == .max)
    }

    /// A record whose value is a deflate stream.
    private static func deflated(_ stored: [UInt8], declaring count: Int) -> CraftedRecord {
        CraftedRecord(
            codec: 1, sequence: 2, key: bytes("k"), stored: stored, rawByteCount: UInt64(count))
    }

    /// Goal: a stream never gives more than its record declares, and a record never declares more than
    /// a chunk.
    @Test func `FM25 a stream that expands beyond what it declares is an error`() throws {
        let zeros = [UInt8](repeating: 0, count: StoreLimits.chunkByteCountMax)
        let bomb = try #require(Deflate.compress(zeros))
        #expect(bomb.count < 2000)
        for (stored, count) in [
            (bomb, 0), (bomb, 10), (bomb, zeros.count - 1), (bomb + [0], zeros.count),
            (Array(bomb.dropLast()), zeros.count), ([], 100), (noise(100), 100),
        ] {
            #expect(Deflate.expand(stored, to: count) == nil)
            let store = Self.store(Self.deflated(stored, declaring: count))
            let world = try SimulatedStore(store.disk).open().keyspace("people")
            let error = #expect(throws: StoreError.self) { try world.get("k") }
            #expect(error?.kind == .corrupt)
            #expect(try world.get("ada") == bytes("countess"))
            let report = try StoreVerifier.verify(at: SimulatedStore.path, fileSystem: store.disk)
            #expect(report.findings.count == 1)
        }
        try Self.expectRefusal(
            Self.store(Self.deflated(bomb, declaring: zeros.count + 1)), [.unsupportedVersion],
            "over the limit")
    }
}
