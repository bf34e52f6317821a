import CairnFiles
import CairnStore
import CairnTestSupport
import Testing

@Suite("Store") struct StoreTests {
    @Test func `a put is read back at once and after a reopen`() throws {
        let test = try TestStore()
        let store = try test.open()
        let users = try store.keyspace("users")
        try users.put("ada", bytes("countess"), metadata: bytes("m"), expiry: nil)
        #expect(try users.get("ada") == bytes("countess"))
        try store.close()

        let again = try test.open()
        let entry = try #require(try again.keyspace("users").entry("ada"))
        #expect(entry.value == bytes("countess"))
        #expect(entry.metadata == bytes("m"))
        #expect(entry.sequence == CommitSequence(1))
        #expect(again.droppedByteCount == 0)
    }

    @Test func `a commit is visible before it is durable`() throws {
        let test = try TestStore()
        let store = try test.open()
        let users = try store.keyspace("users")
        test.disk.holdSyncs()
        var batch = WriteBatch()
        batch.put("ada", noise(500), in: users)
        let ticket = try store.commit(batch)
        #expect(try users.get("ada") == noise(500))
        #expect(!ticket.isDurable)
        test.disk.waitForHeldSync()
        #expect(!ticket.isDurable)
        test.disk.releaseSyncs()
        try ticket.waitUntilDurable()
        #expect(ticket.isDurable)
    }

    @Test func `one sync serves everybody who waits`() throws {
        let test = try TestStore()
        let store = try test.open()
        let users = try store.keyspace("users")
        test.disk.holdSyncs()
        var batch = WriteBatch()
        batch.put("first", [1], in: users)
        _ = try store.commit(batch)
        test.disk.waitForHeldSync()
        let before = test.disk.calls(of: .synchronize)
        var tickets: [CommitTicket] = []
        for index in 0..<50 {
            var batch = WriteBatch()
            batch.put("key \(index)", [2], in: users)
            tickets.append(try store.commit(batch))
        }
        test.disk.releaseSyncs()
        for ticket in tickets { try ticket.waitUntilDurable() }
        // The one held, and one for all fifty.
        #expect(test.disk.calls(of: .synchronize) <= before + 2)
    }

    @Test func `a buffered commit is acknowledged without a sync and made durable on demand`()
        throws
    {
        let test = try TestStore()
        let store = try test.open()
        let users = try store.keyspace("users")
        test.disk.holdSyncs()
        var batch = WriteBatch()
        batch.put("ada", [1], in: users)
        let ticket = try store.commit(batch, durability: .buffered)
        try ticket.waitUntilAcknowledged()
        #expect(!ticket.isDurable)
        test.disk.releaseSyncs()
        try ticket.waitUntilDurable()
        #expect(ticket.isDurable)
    }

    @Test func `asynchronous callers get the same answers`() async throws {
        let test = try TestStore()
        let store = try test.open()
        let users = try store.keyspace("users")
        try await users.put("ada", bytes("1"))
        try await users.put("bob", bytes("2"), durability: .buffered)
        try await users.delete("ada")
        #expect(try users.get("ada") == nil)
        #expect(try users.get("bob") == bytes("2"))
    }

    @Test func `a batch spans keyspaces and later operations win`() throws {
        let test = try TestStore()
        let store = try test.open()
        let (a, b) = (try store.keyspace("a"), try store.keyspace("b"))
        var batch = WriteBatch()
        batch.put("k", [1], in: a)
        batch.put("k", [2], in: b)
        batch.put("k", [3], in: a)
        batch.delete("k", in: b)
        try store.commit(batch).waitUntilDurable()
        #expect(try a.get("k") == [3])
        #expect(try b.get("k") == nil)
        #expect(store.lastSequence == CommitSequence(1))
    }

    @Test func `a keyspace dropped and filled again in one batch holds only what came after`()
        throws
    {
        let test = try TestStore()
        var store = try test.open()
        var space = try store.keyspace("object")
        try space.put("old", [1])
        var batch = WriteBatch()
        batch.put("between", [2], in: space)
        batch.drop(space)
        batch.put("new", [3], in: space)
        try store.commit(batch).waitUntilDurable()
        for _ in 0..<2 {
            #expect(try space.list().map(\.key) == [bytes("new")])
            #expect(store.keyspaces() == ["object"])
            try store.close()
            store = try test.open()
            space = try store.keyspace("object")
        }
        batch = WriteBatch()
        batch.drop(space)
        try store.commit(batch).waitUntilDurable()
        #expect(store.keyspaces() == [])
        try store.close()
        #expect(try test.open().keyspaces() == [])
    }

    @Test(arguments: [0, 1, 127, 128, 5000, 262_144, 262_145, 700_000])
    func `values of every length come back`(_ count: Int) throws {
        var test = try TestStore()
        test.settings.segmentByteCount = 4 << 20
        for value in [noise(count), [UInt8](repeating: 7, count: count)] {
            let store = try test.open()
            let space = try store.keyspace("values")
            try space.put("v", value)
            #expect(try space.get("v") == value)
            try store.close()
            let again = try test.open()
            #expect(try again.keyspace("values").get("v") == value)
            try again.close()
        }
    }

    @Test func `a batch larger than a frame is whole after a reopen`() throws {
        var test = try TestStore()
        test.settings.segmentByteCount = 16 << 20
        let store = try test.open()
        let space = try store.keyspace("values")
        var batch = WriteBatch()
        for index in 0..<40 {
            batch.put("key \(index)", noise(100_000, seed: UInt64(index)), in: space)
        }
        try store.commit(batch).waitUntilDurable()
        try store.close()
        let again = try test.open().keyspace("values")
        for index in 0..<40 {
            #expect(try again.get("key \(index)") == noise(100_000, seed: UInt64(index)))
        }
    }

    @Test func `segments roll over and everything stays readable`() throws {
        let test = try TestStore()
        var store = try test.open()
        var space = try store.keyspace("rolling")
        for round in 0..<3 {
            for index in 0..<300 {
                try space.put(
                    "key \(index)", noise(900, seed: UInt64(round * 1000 + index)),
                    durability: .buffered)
            }
            for index in 0..<300 {
                #expect(
                    try space.get("key \(index)") == noise(900, seed: UInt64(round * 1000 + index)))
            }
            try store.close()
            store = try test.open()
            space = try store.keyspace("rolling")
        }
        #expect(try store.metrics().segments.count > 10)
    }

    @Test func `an expired entry is gone from get and list to the millisecond`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("sessions")
        let now = test.clock.millisecondsSinceEpoch
        try space.put("s", [1], expiry: now + 10)
        test.clock.advance(by: 9)
        #expect(try space.get("s") == [1])
        #expect(try space.keys().first?.expiry == now + 10)
        test.clock.advance(by: 1)
        #expect(try space.get("s") == nil)
        #expect(try space.list() == [])
    }

    @Test func `limits are refused with their numbers and nothing is written`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("limits")
        let key = [UInt8](repeating: 1, count: StoreLimits.keyByteCountMax + 1)
        let error = #expect(throws: StoreError.self) { try space.put(key, []) }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("65537") == true)
        #expect(throws: StoreError.self) { try store.keyspace("") }
        #expect(throws: StoreError.self) {
            try store.keyspace(String(repeating: "x", count: 1025))
        }
        // Larger than a segment of this store.
        let tooLarge = #expect(throws: StoreError.self) { try space.put("k", noise(100_000)) }
        #expect(tooLarge?.kind == .invalid)
        #expect(store.lastSequence == CommitSequence(0))
    }

    @Test(arguments: [-1, (1 << 40) + 1])
    func `a cache outside its range is refused by name`(_ byteCount: Int) throws {
        var test = try TestStore()
        test.settings.cacheByteCount = byteCount
        let error = #expect(throws: StoreError.self) { try test.open() }
        #expect(error?.kind == .invalid && error?.message.contains("cacheByteCount") == true)
        test.settings.cacheByteCount = 0
        try test.open().keyspace("s").put("k", [1])
    }

    @Test func `an empty batch is as safe as what came before it`() throws {
        let test = try TestStore()
        let store = try test.open()
        try store.commit(WriteBatch()).waitUntilDurable()
        #expect(store.lastSequence == CommitSequence(0))
    }

    @Test func `a closed store refuses everything and closes twice`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        try store.close()
        try store.close()
        for call in [{ _ = try space.get("k") }, { try space.put("k", []) }] as [() throws -> Void]
        {
            let error = #expect(throws: StoreError.self) { try call() }
            #expect(error?.kind == .closed)
        }
    }

    @Test func `commits made while closing are durable before it returns`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        var batch = WriteBatch()
        batch.put("k", [1], in: space)
        let ticket = try store.commit(batch, durability: .memory)
        try store.close()
        #expect(ticket.isDurable)
        #expect(try test.open().keyspace("s").get("k") == [1])
    }

    @Test func `many threads write and read at once`() async throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("busy")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for index in 0..<100 {
                        let key = "w\(writer)-\(index)"
                        try await space.put(key, bytes(key))
                        #expect(try space.get(key) == bytes(key))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try space.keys().count == 800)
        #expect(store.lastSequence == CommitSequence(800))
    }
}
