import CairnFiles
import CairnKV
import CairnPlatform
import CairnStore
import CairnTestSupport
import Testing

@Suite("KV and durability") struct KVDurabilityTests {
    @Test func `a read never returns what a crash could take back`() async throws {
        let directory = try TemporaryDirectory("kv")
        let disk = FaultyFileSystem()
        let store = try Store.open(
            at: directory.path, components: StoreComponents(fileSystem: disk))
        let kv = try KVNamespace(id: "n", store: store)
        try await kv.put("old", "v")
        disk.holdSyncs()
        var batch = WriteBatch()
        let keyspace = try store.keyspace("kv/n")
        batch.put("new", [1], in: keyspace)
        batch.delete("old", in: keyspace)
        let ticket = try store.commit(batch)
        let order = Locked<[String]>([])
        async let value: Void = {
            _ = try await kv.get("new")
            order.withLock { $0.append("value") }
        }()
        async let absence: Void = {
            let value = try await kv.get("old")
            #expect(value == nil)
            order.withLock { $0.append("absence") }
        }()
        async let list: Void = {
            let list = try await kv.list()
            #expect(list.keys.map(\.name) == ["new"])
            order.withLock { $0.append("list") }
        }()
        while disk.syncsWaiting == 0 { await Task.yield() }
        for _ in 0..<200 { await Task.yield() }
        #expect(order.withLock { $0 } == [])
        #expect(!ticket.isDurable)
        disk.releaseSyncs()
        _ = try await (value, absence, list)
        #expect(order.withLock { $0.count } == 3)
    }

    @Test func `writes and bulk gets pass the gate, single reads are only admitted`() async throws {
        let directory = try TemporaryDirectory("kv")
        let disk = FaultyFileSystem()
        let store = try Store.open(
            at: directory.path, components: StoreComponents(fileSystem: disk))
        let other = try store.keyspace("object")
        disk.holdSyncs()
        var batch = WriteBatch()
        batch.put("own write", [1], in: other)
        let ticket = try store.commit(batch)
        let kv = try KVNamespace(id: "n", store: store)
            .bound(to: OutboundGate(newest: { ticket }))
        #expect(try await kv.get("k") == nil)
        #expect(try await kv.list().keys == [])
        let put = Task { try await kv.put("k", "v") }
        let bulk = Task { _ = try await kv.get(["k"]) }
        for _ in 0..<200 { await Task.yield() }
        // Held at the gate: the put has not even been committed.
        #expect(store.lastSequence == ticket.sequence)
        disk.releaseSyncs()
        try await put.value
        try await bulk.value
        #expect(store.lastSequence > ticket.sequence)
    }

    @Test func `a fenced object's reads are refused`() async throws {
        struct Fenced: Error {}
        let directory = try TemporaryDirectory("kv")
        let store = try Store.open(at: directory.path)
        let kv = try KVNamespace(id: "n", store: store)
            .bound(to: OutboundGate(newest: { throw Fenced() }))
        await #expect(throws: Fenced.self) { _ = try await kv.get("k") }
        await #expect(throws: Fenced.self) { _ = try await kv.list() }
        await #expect(throws: Fenced.self) { try await kv.put("k", "v") }
    }
}
