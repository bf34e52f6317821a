import CairnHTTP
import CairnKV
import CairnObjects
import CairnPlatform
import CairnStore
import Testing

@Suite("Object lifecycle") struct LifecycleTests {
    @Test func `do-stub-12: there is one live instance of an id`() async throws {
        let world = try World()
        let id = world.rooms.idFromName("a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await world.rooms.get(id).call { room in room.memory += 1 }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await world.rooms.get(id).call { $0.memory } == 100)
        #expect(world.log.all == ["made"])
    }

    @Test func `do-stub-05: another namespace of the same class reaches the same object`()
        async throws
    {
        let world = try World()
        let again = try world.runtime.namespace(uniqueKey: "mykey", of: Room.self) { gate in
            RoomEnv(kv: world.kv.bound(to: gate), log: world.log)
        }
        let other = try world.runtime.namespace(uniqueKey: "other", of: Room.self) { gate in
            RoomEnv(kv: world.kv.bound(to: gate), log: world.log)
        }
        for (namespace, expected) in [(world.rooms, "1"), (again, "2"), (other, "1")] {
            let response = try await namespace.getByName("a").fetch(Request(url: "/"))
            #expect(try await response.body.text() == expected)
        }
    }

    @Test func `do-eviction-01: an idle object goes and comes back with its data alone`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in
            room.memory = 5
            try room.state.storage.put("k", 5)
        }
        while world.timer.sleeperCount == 0 { await Task.yield() }
        world.timer.advance(by: .seconds(69))
        await world.settle()
        #expect(try await stub.call { $0.memory } == 5)
        world.timer.advance(by: .seconds(71))
        while world.runtime.residentCount > 0 { await Task.yield() }
        let after = try await stub.call { room in
            (room.memory, try room.state.storage.get("k", as: Int.self))
        }
        #expect(after == (0, 5))
        #expect(world.log.all == ["made", "made"])
    }

    @Test func `do-eviction-06: an object with an event, a socket or a commit under way stays`()
        async throws
    {
        let world = try World()
        let opener = Latch()
        let busy = Task {
            try await world.rooms.getByName("busy").call { _ in
                await opener.wait()
            }
        }
        let client = try await world.rooms.getByName("socket").call { room in
            let pair = WebSocketPair()
            room.state.acceptWebSocket(pair.server)
            return pair.client
        }
        await opener.reached()
        while world.timer.sleeperCount == 0 { await Task.yield() }
        for _ in 0..<5 {
            world.timer.advance(by: .seconds(100))
            await world.settle()
        }
        #expect(world.runtime.residentCount == 2)
        opener.open()
        try await busy.value
        client.close()
        while !world.log.all.contains("closed 1000") { await Task.yield() }
        while world.runtime.residentCount > 0 {
            world.timer.advance(by: .seconds(100))
            await world.settle()
        }
    }

    @Test func `a task that outlives its instance cannot write`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let opener = Latch()
        let zombie = try await stub.call { room in
            Task {
                await opener.wait()
                try room.state.storage.put("zombie", true)
            }
        }
        await opener.reached()
        while world.runtime.residentCount > 0 {
            world.timer.advance(by: .seconds(100))
            await world.settle()
        }
        try await stub.call { room in try room.state.storage.put("fresh", true) }
        opener.open()
        #expect(await failure { try await zombie.value }?.kind == .noLongerLive)
        let keys = try await stub.call { try $0.state.storage.list(as: Bool.self).map(\.key) }
        #expect(keys == ["fresh"])
    }

    @Test func `at the cap the longest idle go, and nobody is refused`() async throws {
        var settings = ObjectSettings()
        settings.residentCountMax = 32
        let world = try World(settings: settings)
        for number in 0..<200 {
            try await world.rooms.getByName("\(number)").call { room in
                try room.state.storage.put("n", number)
            }
            #expect(world.runtime.residentCount <= 32)
        }
        for number in 0..<200 {
            let stored = try await world.rooms.getByName("\(number)").call { room in
                try room.state.storage.get("n", as: Int.self)
            }
            #expect(stored == number)
        }
        #expect(try world.rooms.storedObjects().count == 200)
    }

    @Test func `the constructor may use storage, and its refusal goes to the caller`() async throws
    {
        let world = try World()
        let writes = world.rooms.getByName("writes")
        #expect(try await writes.call { try $0.state.storage.get("count", as: Int.self) } == 1)
        let refuses = world.rooms.getByName("refuses")
        for _ in 0..<2 {
            await #expect(throws: Room.Refusal.self) { try await refuses.call { _ in } }
        }
        #expect(try world.rooms.storedObjects().map(\.name) == ["writes"])
    }

    @Test func `shutdown refuses new events and waits for those under way`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let opener = Latch()
        let call = Task {
            try await stub.call { room in
                await opener.wait()
                try room.state.storage.put("last", true)
            }
        }
        await opener.reached()
        let shutdown = Task {
            await world.runtime.shutdown()
            world.log.add("down")
        }
        var refused = false
        while !refused {
            do { try await stub.call { _ in } } catch let error as DurableObjectError {
                refused = error.kind == .shuttingDown && error.isRetryable
            }
        }
        #expect(!world.log.all.contains("down"))
        opener.open()
        try await call.value
        while !world.log.all.contains("down") {
            world.timer.advance(by: .seconds(1))
            await Task.yield()
        }
        await shutdown.value
        #expect(try world.store.keyspace("do/mykey").keys().count == 1)
    }

    @Test func `messages of a socket come one at a time, in order`() async throws {
        let world = try World()
        let client = try await world.rooms.getByName("a").call { room in
            let pair = WebSocketPair()
            room.state.acceptWebSocket(pair.server)
            return pair.client
        }
        for number in 0..<100 { client.send("\(number)") }
        client.send([1, 2, 3])
        client.close(code: 3001)
        while !world.log.all.contains("closed 3001") { await Task.yield() }
        #expect(
            world.log.all == ["made"] + (0..<100).map { "message \($0)" }
                + ["reported not today", "closed 3001"])
    }
}
