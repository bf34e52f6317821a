import CairnFiles
import CairnHTTP
import CairnKV
import CairnObjects
import CairnPlatform
import CairnStore
import CairnTestSupport
import Testing

@Suite("Output gate") struct OutputGateTests {
    @Test func `FM33 a result never overtakes its commit`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        // Many rounds: a wrapper that relies on the end of the job is late in a few per cent.
        for round in 1...300 {
            let before = world.store.lastSequence
            try await stub.call { room in try room.state.storage.put("round", round) }
            #expect(world.store.durableSequence > before, "round \(round)")
        }
    }

    @Test func `a KV write whose object ends while it waits is not made`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in room.memory = 1 }
        world.disk.holdSyncs()
        let late = Task {
            try await stub.call { room in
                try room.state.storage.put("held", true)
                try await room.env.kv.put("late", "from an instance that has ended")
            }
        }
        await world.waitForHeldSync()
        let abort = Task { try await stub.call { room in room.state.abort() } }
        await world.settle()
        world.disk.releaseSyncs()
        #expect(await failure { try await late.value }?.kind == .reset)
        #expect(await failure { try await abort.value }?.kind == .reset)
        #expect(try await world.kv.get("late") == nil)
    }

    @Test func `the error that ends a streamed body waits for what was written before it`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let before = world.store.lastSequence
        let response = try await stub.fetch(Request(url: "/broken-stream"))
        await #expect(throws: Room.Refusal.self) { try await response.body.bytes() }
        #expect(world.store.durableSequence > before)
    }

    @Test func `a result, an error and a read wait while the commit is under way`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in room.memory = 1 }
        world.disk.holdSyncs()
        let calls = [
            Task {
                try? await stub.call { room in try room.state.storage.put("held", true) }
                world.log.add("result")
            },
            Task {
                try? await stub.call { room in
                    try room.state.storage.put("held too", true)
                    throw Room.Refusal()
                }
                world.log.add("error")
            },
            Task {
                let held = try? await stub.call { room in
                    try room.state.storage.get("held", as: Bool.self)
                }
                world.log.add("read \(held == true)")
            },
        ]
        await world.waitForHeldSync()
        #expect(world.log.all == ["made"])
        world.disk.releaseSyncs()
        for call in calls { await call.value }
        #expect(Set(world.log.all).isSuperset(of: ["result", "error"]))
    }

    @Test func `do-output-gate-06, do-coalescing-01: the writes of one turn are one commit`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in try room.state.storage.put("first", 0) }
        let before = world.store.lastSequence.rawValue
        try await stub.call { room in
            try room.state.storage.put("a", 1)
            try room.state.storage.put("b", 1)
            try room.state.storage.delete("first")
        }
        #expect(world.store.lastSequence.rawValue - before == 1)
        try await stub.call { room in _ = try room.state.storage.get("a", as: Int.self) }
        #expect(world.store.lastSequence.rawValue - before == 1)
    }

    @Test func `do-coalescing-07: put, put, await, put is two commits`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in try room.state.storage.put("first", 0) }
        let first = world.store.lastSequence.rawValue
        world.disk.holdSyncs()
        let call = Task {
            try await stub.call { room in
                try room.state.storage.put("a", 1)
                try room.state.storage.put("b", 1)
                #expect(world.store.lastSequence.rawValue == first)
                await Task.yield()
                // The end of the job has submitted the first turn; nobody had to wait for it.
                #expect(world.store.lastSequence.rawValue == first + 1)
                try room.state.storage.put("c", 1)
            }
        }
        await world.waitForHeldSync()
        #expect(world.store.lastSequence.rawValue == first + 2)
        world.disk.releaseSyncs()
        try await call.value
    }

    @Test func `FM33 a failed commit replaces the result and resets the object`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let other = world.rooms.getByName("other")
        try await other.call { room in try room.state.storage.put("k", 3) }
        try await stub.call { room in room.memory = 7 }
        world.disk.failAll(.synchronize)
        let error = await failure {
            try await stub.call { room in try room.state.storage.put("lost", true) }
        }
        #expect(error?.kind == .reset)
        #expect(error?.message.contains("storage failed") == true)
        world.disk.setRule(nil)
        // What the failed commit touched cannot be known before a reopen: nobody is told a guess.
        await #expect(throws: StoreError.self) {
            try await stub.call { room in _ = try room.state.storage.get("lost", as: Bool.self) }
        }
        // Other objects still answer from what is durable, and cannot write.
        let value = try await other.call { room in try room.state.storage.get("k", as: Int.self) }
        #expect(value == 3)
        let again = await failure {
            try await other.call { room in try room.state.storage.put("more", true) }
        }
        #expect(again?.kind == .reset)
    }

    @Test func `a commit that nobody waited for fences the instance when it fails`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        world.disk.holdSyncs()
        let (leaked, gate) = (Locked<Room?>(nil), Locked<CheckedContinuation<Void, Never>?>(nil))
        let call = Task {
            try await stub.call { room in
                leaked.withLock { $0 = room }
                try room.state.storage.put("a", 1)
                await withCheckedContinuation { continuation in
                    gate.withLock { $0 = continuation }
                }
                // The first turn has failed meanwhile; this instance must not write again.
                try room.state.storage.put("b", 1)
            }
        }
        while gate.withLock({ $0 == nil }) { await Task.yield() }
        world.disk.failAll(.synchronize)
        world.disk.releaseSyncs()
        while world.store.failure == nil { await Task.yield() }
        gate.withLock { $0 }?.resume()
        #expect(await failure { try await call.value }?.kind == .reset)
        let room = try #require(leaked.withLock { $0 })
        #expect(await failure { try await room.write("zombie") } != nil)
    }

    @Test func `calls out of an object wait for its own writes`() async throws {
        let world = try World()
        let (a, b) = (world.rooms.getByName("a"), world.rooms.getByName("b"))
        try await b.call { room in room.memory = 0 }
        try await a.call { room in room.memory = 0 }
        world.disk.holdSyncs()
        let log = world.log
        let call = Task {
            try await a.call { room in
                try room.state.storage.put("before the call", 1)
                try await b.call { _ in log.add("direct") }
            }
        }
        let fromChild = Task {
            try await a.call { room in
                try room.state.storage.put("before the child", 1)
                async let child: Void = b.call { _ in log.add("child") }
                try await child
            }
        }
        await world.waitForHeldSync()
        #expect(log.all == ["made", "made"])
        world.disk.releaseSyncs()
        _ = try await (call.value, fromChild.value)
        #expect(Set(log.all) == ["made", "direct", "child"])
    }

    @Test func `when the origin's commit fails, the call out of it never arrives`() async throws {
        let world = try World()
        let (a, b) = (world.rooms.getByName("a"), world.rooms.getByName("b"))
        try await b.call { room in room.memory = 0 }
        try await a.call { room in room.memory = 0 }
        world.disk.failAll(.synchronize)
        let log = world.log
        let error = await failure {
            try await a.call { room in
                try room.state.storage.put("k", 1)
                try await b.call { _ in log.add("arrived") }
            }
        }
        #expect(error?.kind == .reset)
        #expect(!log.all.contains("arrived"))
    }

    @Test func `do-output-gate-23: KV writes wait for the object's writes, single gets do not`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await world.kv.put("known", "v")
        world.disk.holdSyncs()
        let call = Task {
            try await stub.call { room in
                try room.state.storage.put("own", 1)
                #expect(try await room.env.kv.get("known") == "v")
                room.env.log.add("got")
                try await room.env.kv.put("after", "v")
                room.env.log.add("put")
            }
        }
        await world.waitForHeldSync()
        while !world.log.all.contains("got") { await Task.yield() }
        await world.settle()
        let kv = try world.store.keyspace("kv/settings")
        #expect(try kv.keys().map { String(decoding: $0.key, as: UTF8.self) } == ["known"])
        world.disk.releaseSyncs()
        try await call.value
        #expect(try await world.kv.get("after") == "v")
    }

    @Test func `do-output-gate-19: a WebSocket message waits for what was written before it`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let client = try await stub.call { room in
            let pair = WebSocketPair()
            room.state.acceptWebSocket(pair.server)
            return pair.client
        }
        let log = world.log
        let reader = Task {
            for await event in client.events {
                if case .message(.text(let text)) = event { log.add("received \(text)") }
            }
        }
        world.disk.holdSyncs()
        client.send("hello")
        await world.waitForHeldSync()
        #expect(log.all == ["made", "message hello"])
        world.disk.releaseSyncs()
        while log.all.count < 3 { await Task.yield() }
        #expect(log.all.last == "received got hello")
        reader.cancel()
    }

    @Test func `FM33 a message whose write is lost ends the socket instead`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let client = try await stub.call { room in
            let pair = WebSocketPair()
            room.state.acceptWebSocket(pair.server)
            return pair.client
        }
        world.disk.failAll(.synchronize)
        client.send("hello")
        var events: [WebSocketEvent] = []
        for await event in client.events { events.append(event) }
        guard case .close(let close) = events.first else {
            Issue.record("got \(events)")
            return
        }
        #expect(events.count == 1)
        #expect(close.code == 1011)
    }

    @Test func `each chunk of a streamed body waits for what was written before it`() async throws {
        let world = try World()
        let response = try await world.rooms.getByName("a").fetch(Request(url: "/stream"))
        let log = world.log
        world.disk.holdSyncs()
        let reader = Task {
            guard case .chunks(let chunks, _) = response.body.content else { return }
            for try await chunk in chunks { log.add("chunk \(chunk)") }
        }
        await world.waitForHeldSync()
        #expect(log.all == ["made"])
        world.disk.releaseSyncs()
        try await reader.value
        #expect(log.all == ["made", "chunk [1]", "chunk [2]"])
    }

    @Test func `an object stays while its body is being streamed`() async throws {
        let world = try World()
        let response = try await world.rooms.getByName("a").fetch(Request(url: "/stream"))
        while world.timer.sleeperCount == 0 { await Task.yield() }
        world.timer.advance(by: .seconds(500))
        await world.settle()
        #expect(world.runtime.residentCount == 1)
        #expect(try await response.body.bytes() == [1, 2])
    }

    @Test func `sync waits for the object's own writes`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in
            try room.state.storage.put("k", 1)
            let sequence = world.store.durableSequence
            try await room.state.storage.sync()
            #expect(world.store.durableSequence > sequence)
        }
    }

    @Test func `a sync that fails says that the object was reset`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in room.memory = 1 }
        world.disk.failAll(.synchronize)
        _ = await failure {
            try await stub.call { room in
                try room.state.storage.put("k", 1)
                let error = await failure { try await room.state.storage.sync() }
                #expect(error?.kind == .reset)
                let refused = await failure { try room.state.storage.put("k", 2) }
                #expect(refused?.kind == .reset)
            }
        }
    }
}

extension Room {
    /// A write by somebody who holds the actor itself and goes past the stub.
    func write(_ key: String) throws { try state.storage.put(key, true) }
}
