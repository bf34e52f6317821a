import CairnSimulation
import Testing

@testable import CairnStore

@Suite("File dumper") struct FileDumperTests {
    private typealias Item = FileDumper.Item

    /// The parts of a file that stands alone.
    private static func dump(
        _ bytes: [UInt8]?, as name: String = "file", shards: Bool = false
    ) throws -> [Item] {
        let disk = SimulatedFileSystem(
            files: ["/disk/" + name: try #require(bytes)], directories: ["/disk"])
        var items: [Item] = []
        let damageCount = try FileDumper.dump(
            at: "/disk/" + name, shards: shards, fileSystem: disk
        ) { items.append($0) }
        #expect(damageCount == items.count { $0.isDamage })
        return items
    }

    private static func value(_ item: Item?, _ name: String) -> Item.Field.Value? {
        item?.fields.first { $0.name == name }?.value
    }

    private static func damage(_ items: [Item]) -> [Int] {
        items.filter(\.isDamage).map(\.offset)
    }

    @Test func `a segment has its header, frames and records, and what is behind them`() throws {
        let store = try VerifiedStore()
        let path = store.segments[0]
        let items = try Self.dump(store.files[path])
        #expect(items.first?.name == "header" && items.last?.name == "rest")
        #expect(Self.value(items.first, "segment") == .number(1))
        let frames = store.frames(of: path)
        #expect(items.filter { $0.name == "frame" }.map(\.offset) == frames.map(\.offset))
        let records = items.filter { $0.name == "record" }
        #expect(records.count == frames.reduce(0) { $0 + Int($1.header.recordCount) })
        #expect(Self.value(records.first, "kind") == .text("createKeyspace"))
        #expect(Self.value(records.first, "key") == .bytes(bytes("s")))
        let put = records.first { Self.value($0, "key") == .bytes(bytes("key 0")) }
        #expect(Self.value(put, "metadata") == .bytes(bytes("m0")))
        #expect(Self.value(put, "expiry") == .number(9_000_000_000_000))
        let long = records.first { Self.value($0, "chunks") != nil }
        #expect(Self.value(long, "valueBytes") == .number(300_000))
        #expect(Self.damage(items) == [])
        // A later segment stands alone as well.
        let later = try Self.dump(store.files[store.segments[1]])
        #expect(later.contains { $0.name == "record" } && Self.damage(later) == [])
    }

    @Test func `damage in a segment is shown at its place, and what is behind it too`() throws {
        let store = try VerifiedStore()
        let path = store.segments[0]
        let frames = store.frames(of: path)
        var bytes = try #require(store.files[path])
        bytes[frames[1].offset + 70] ^= 1
        let items = try Self.dump(bytes)
        #expect(Self.damage(items) == [frames[1].offset])
        #expect(
            items.filter { $0.name == "frame" }.map(\.offset)
                == frames.map(\.offset).filter { $0 != frames[1].offset })
        #expect(items.map(\.offset) == items.map(\.offset).sorted())
        // With its header damaged, its name or its magic says what it is.
        var headless = try #require(store.files[path])
        headless[3000] ^= 1
        #expect(try Self.dump(headless).filter { $0.name == "frame" }.count == frames.count)
        headless[0] ^= 1
        let named = try Self.dump(headless, as: "0000000000000001.segment")
        #expect(Self.damage(named) == [0] && named.contains { $0.name == "record" })
        #expect(throws: StoreError.self) { try Self.dump(headless) }
        #expect(Self.damage(try Self.dump(Array(bytes[..<100]))) == [0])
        #expect(Self.damage(try Self.dump(store.files[path]?.dropLast(20).map { $0 })).count == 1)
    }

    @Test func `a manifest has its floor and its segments, and no secret`() throws {
        let store = try VerifiedStore()
        let bytes = try #require(store.files[SimulatedStore.manifest])
        let items = try Self.dump(bytes)
        #expect(items.map(\.name).prefix(2) == ["manifest", "floor"])
        #expect(items.count { $0.name == "segment" } == store.segments.count)
        #expect(Self.value(items.first, "closed") == .flag(true))
        let manifest = try Manifest.decode(bytes).get()
        let secret = String(manifest.hashKeyHigh, radix: 16)
        #expect(!items.contains { "\($0)".contains(secret) })
        var damaged = bytes
        damaged[20] ^= 1
        #expect(Self.damage(try Self.dump(damaged)) == [0])
    }

    @Test func `a key run has its summary, fences and entries`() throws {
        let run = try KeyRunFormatTests.example()
        let bytes = try #require(run.memory)
        let items = try Self.dump(bytes)
        #expect(
            items.map(\.name) == [
                "header", "summary", "from", "to", "proof", "segment", "segment", "block", "entry",
                "entry", "entry", "entry",
            ])
        #expect(items[1].offset == 140)
        #expect(Self.value(items[7], "fence") == .bytes(Array("users".utf8)))
        #expect(Self.value(items[8], "target") == .number(1))
        #expect(Self.value(items[9], "metadata") == .bytes(Array("{}".utf8)))
        #expect(Self.value(items[10], "footprintBytes") == .number(300_000))
        #expect(Self.value(items[11], "kind") == .text("delete"))
        var damaged = bytes
        damaged[80] ^= 1
        #expect(Self.damage(try Self.dump(damaged)) == [64])
        damaged = bytes
        damaged[130] ^= 1
        #expect(Self.damage(try Self.dump(damaged)) == [127])
        #expect(Self.damage(try Self.dump(Array(bytes[..<70]))) == [0])
    }

    @Test func `a checkpoint has its tables and, when asked for, its slots`() throws {
        let bytes = CheckpointFormatTests.example()
        let items = try Self.dump(bytes)
        #expect(
            items.map(\.name) == [
                "header", "tables", "segment", "keyspace", "trailer", "position", "proof",
            ])
        #expect(Self.value(items[3], "name") == .bytes(Array("users".utf8)))
        let slots = try Self.dump(bytes, shards: true).filter { $0.name == "slot" }
        #expect(slots.map(\.offset) == [64, 80])
        #expect(Self.value(slots[1], "recordOffset") == .number(4272))
        #expect(Self.value(slots[1], "chunked") == .flag(true))
        var damaged = bytes
        damaged[70] ^= 1
        let found = try Self.dump(damaged)
        #expect(Self.damage(found) == [64] && found.last?.name == "proof")
        damaged[10_000] ^= 1
        #expect(Self.damage(try Self.dump(damaged)) == [96])
    }

    @Test func `what is no file of a store is refused`() throws {
        let error = #expect(throws: StoreError.self) { try Self.dump([1, 2, 3]) }
        #expect(error?.kind == .missing)
        #expect(Self.damage(try Self.dump([], as: "MANIFEST")) == [0])
        #expect(Self.damage(try Self.dump([], as: "CHECKPOINT")) == [0])
    }
}
