import CairnHTTP
import CairnKV
import CairnObjects
import CairnPlatform
import CairnStore
import CairnTestSupport
import HTTPTypes
import Testing

/// Observable behaviours that no other suite of this target shows: Docs/Compatibility.md.
@Suite("Object conformance") struct ConformanceTests {
    @Test func `do-input-gate-03: a waiter whose task is cancelled does not hold up the next`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let opener = Latch()
        let section = Task {
            try await stub.call { room in
                try await room.state.blockConcurrencyWhile {
                    await opener.wait()
                }
            }
        }
        await opener.reached()
        let cancelled = Task.immediate { try? await stub.call { _ in } }
        let next = Task.immediate { try await stub.call { room in room.memory = 1 } }
        cancelled.cancel()
        opener.open()
        try await section.value
        try await next.value
        await cancelled.value
    }

    @Test func `do-input-gate-05: of two sections the second begins when the first is done`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let log = world.log
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    try await stub.call { room in
                        try await room.state.blockConcurrencyWhile {
                            log.add("begin \(number)")
                            for _ in 0..<20 { await Task.yield() }
                            log.add("end \(number)")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let lines = Array(log.all.dropFirst())
        for index in stride(from: 0, to: lines.count, by: 2) {
            #expect(
                lines[index].split(separator: " ")[1] == lines[index + 1].split(separator: " ")[1])
        }
    }

    @Test func `do-output-gate-01: a wait covers earlier commits only`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in try room.state.storage.put("k", 0) }
        world.disk.holdSyncs()
        let first = Task {
            try await stub.call { room in
                try room.state.storage.put("k", 1)
                try await room.state.storage.sync()
                room.env.log.add("first")
            }
        }
        await world.waitForHeldSync()
        // A later write of the same object, committed while the first one's sync is under way.
        let second = Task { try await stub.call { room in try room.state.storage.put("k", 2) } }
        await world.settle()
        #expect(world.log.all == ["made"])
        world.disk.releaseSyncs()
        try await first.value
        try await second.value
        #expect(world.log.all == ["made", "first"])
    }

    @Test func `do-coalescing-04, do-coalescing-06: puts and deletes while a commit is under way`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in try room.state.storage.put(["a": 1, "b": 1]) }
        world.disk.holdSyncs()
        let early = Task { try await stub.call { room in try room.state.storage.put("a", 2) } }
        await world.waitForHeldSync()
        let late = Task {
            try await stub.call { room in
                #expect(try room.state.storage.get("a", as: Int.self) == 2)
                _ = try room.state.storage.delete("b")
                try room.state.storage.put("b", 3)
                try room.state.storage.put("a", 3)
            }
        }
        await world.settle()
        world.disk.releaseSyncs()
        try await early.value
        try await late.value
        let values = try await stub.call { room in
            try room.state.storage.list(as: Int.self).map { "\($0.key)\($0.value)" }
        }
        #expect(values == ["a3", "b3"])
    }

    @Test func `do-delete-all-02: puts before and after deleteAll in one turn`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in try room.state.storage.put("old", 1) }
        let before = world.store.lastSequence.rawValue
        try await stub.call { room in
            try room.state.storage.put("earlier", 1)
            try room.state.storage.deleteAll()
            #expect(try room.state.storage.get("earlier", as: Int.self) == nil)
            #expect(try room.state.storage.get("old", as: Int.self) == nil)
            try room.state.storage.put("later", 1)
            #expect(try room.state.storage.get("later", as: Int.self) == 1)
        }
        #expect(world.store.lastSequence.rawValue == before + 1)
        let keys = try await stub.call { try $0.state.storage.list(as: Int.self).map(\.key) }
        #expect(keys == ["later"])
    }

    @Test func `do-sync-02, do-sync-03, do-sync-05: sync waits for what was written, all at once`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        world.disk.holdSyncs()
        let waiters = Task {
            try await stub.call { room in
                try room.state.storage.put("k", 1)
                let storage = room.state.storage
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            try await storage.sync()
                            room.env.log.add("synced")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        await world.waitForHeldSync()
        #expect(world.log.all == ["made"])
        world.disk.releaseSyncs()
        try await waiters.value
        #expect(world.log.all.filter { $0 == "synced" }.count == 5)
    }

    @Test
    func `do-errors-reset-06, do-stub-07, do-stub-08: the caller gets the object's own error`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        await #expect(throws: Room.Refusal.self) {
            try await stub.call { _ in throw Room.Refusal() }
        }
        var upgrade = Request(url: "/throws")
        upgrade.headers[.upgrade] = "websocket"
        await #expect(throws: Room.Refusal.self) { try await stub.fetch(upgrade) }
        #expect(world.log.all == ["made"], "an error does not reset")
    }

    @Test func `do-block-concurrency-09: a failed set-up ends the sockets and sends nothing`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let pair = WebSocketPair()
        world.disk.holdSyncs()
        let call = Task {
            try await stub.call { room in
                room.state.acceptWebSocket(pair.server)
                try await room.state.blockConcurrencyWhile {
                    try room.state.storage.put("k", 1)
                    pair.server.send("never")
                    throw Room.Refusal()
                }
            }
        }
        await #expect(throws: (any Error).self) { try await call.value }
        world.disk.releaseSyncs()
        var events: [WebSocketEvent] = []
        for await event in pair.client.events { events.append(event) }
        #expect(events.count == 1)
        guard case .close(let close) = events.first else {
            Issue.record("got \(events)")
            return
        }
        #expect(close.code == 1011)
    }

    @Test func `do-websocket-01: a socket the object reads itself keeps it, and is gated`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let response = try await stub.fetch(Request(url: "/raw-socket"))
        let client = try #require(response.webSocket)
        while world.timer.sleeperCount == 0 { await Task.yield() }
        world.timer.advance(by: .seconds(500))
        await world.settle()
        #expect(world.runtime.residentCount == 1)
        let log = world.log
        let reader = Task {
            for await case .message(.text(let text)) in client.events {
                log.add("received \(text)")
            }
        }
        world.disk.holdSyncs()
        client.send("hello")
        await world.waitForHeldSync()
        #expect(log.all == ["made"])
        world.disk.releaseSyncs()
        while log.all.count < 2 { await Task.yield() }
        #expect(log.all == ["made", "received echo hello"])
        client.close()
        await reader.value
        while world.runtime.residentCount > 0 {
            world.timer.advance(by: .seconds(500))
            await world.settle()
        }
    }

    @Test func `do-websocket-05: what is sent on a closed socket is ignored`() async throws {
        let pair = WebSocketPair()
        pair.server.close()
        pair.server.send("late")
        var events: [WebSocketEvent] = []
        for await event in pair.client.events { events.append(event) }
        #expect(events.count == 1)
    }
}
