import CairnKV
import CairnPlatform
import Testing

@testable import CairnObjects

@Suite("Input gate") struct InputGateTests {
    @Test(arguments: 1...20)
    func `do-input-gate-01: events stay first-in first-out through a closed gate`(
        round: Int
    ) async throws {
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
        let log = world.log
        var calls: [Task<Void, any Error>] = []
        for index in 0..<50 {
            // Runs up to the hop on this very thread, so that the order of arrival is known.
            calls.append(
                Task.immediate {
                    try await stub.call { _ in log.add("\(index)") }
                })
        }
        await world.settle()
        #expect(log.all == ["made"])
        opener.open()
        try await section.value
        for call in calls { try await call.value }
        #expect(Array(log.all.dropFirst()) == (0..<50).map(String.init))
    }

    @Test(arguments: 1...20)
    func `events that come before the constructor is done stay in order`(round: Int) async throws {
        let world = try World()
        let stub = world.rooms.getByName("sets up")
        let log = world.log
        let calls = (0..<50).map { index in
            Task.immediate {
                try await stub.call { room in
                    #expect(room.memory == 42)
                    log.add("\(index)")
                }
            }
        }
        for call in calls { try await call.value }
        #expect(log.all == ["made"] + (0..<50).map(String.init))
    }

    @Test func `a read-modify-write of KV loses updates without a critical section`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await Self.increment(100) {
            try await stub.call { room in try await room.env.kv.addOne("counter") }
        }
        let count = try #require(Int(try await world.kv.get("counter") ?? ""))
        #expect(count < 100, "nothing interleaved: the test shows nothing")
    }

    @Test func `a read-modify-write of KV loses none inside a critical section`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await Self.increment(100) {
            try await stub.call { room in
                try await room.state.blockConcurrencyWhile {
                    try await room.env.kv.addOne("counter")
                }
            }
        }
        #expect(try await world.kv.get("counter") == "100")
    }

    private static func increment(
        _ count: Int, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { try await body() } }
            try await group.waitForAll()
        }
    }

    @Test func `do-block-concurrency-02: a section returns what its body returns`() async throws {
        let stub = try World().rooms.getByName("a")
        let result = try await stub.call { room in
            try await room.state.blockConcurrencyWhile { 42 }
        }
        #expect(result == 42)
    }

    @Test func `do-block-concurrency-04: a throw inside a section resets the object`() async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in room.memory = 9 }
        await #expect(throws: (any Error).self) {
            try await stub.call { room in
                try await room.state.blockConcurrencyWhile { throw Room.Refusal() }
            }
        }
        let memory = try await stub.call { room in room.memory }
        #expect(memory == 0)
        #expect(world.log.all == ["made", "made"])
    }

    @Test func `do-block-concurrency-05: a section that takes too long resets the object`()
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
        let waiting = Task.immediate { try await stub.call { room in room.memory = 1 } }
        while world.timer.sleeperCount < 2 { await Task.yield() }
        world.timer.advance(by: .seconds(29))
        await world.settle()
        #expect(world.log.all == ["made"])
        world.timer.advance(by: .seconds(2))
        let error = await failure { try await waiting.value }
        #expect(error?.isOverloaded == true)
        #expect(error?.message.contains("waited for too long") == true)
        // A fresh instance answers although the old body still hangs.
        try await stub.call { room in room.memory = 1 }
        #expect(world.log.all == ["made", "made"])
        opener.open()
        #expect(await failure { try await section.value }?.isOverloaded == true)
    }

    @Test func `do-block-concurrency-07: sections nest 64 deep and no deeper`() async throws {
        let stub = try World().rooms.getByName("a")
        let depth = try await stub.call { room in
            room.memory = 5
            let reached = Locked(0)
            let error = await failure { try await room.nest(0, reached) }
            #expect(error?.kind == .tooDeeplyNested)
            return reached.withLock { $0 }
        }
        #expect(depth == 64)
        let memory = try await stub.call { room in room.memory }
        #expect(memory == 5, "catching it leaves the object working")
    }

    @Test func `do-input-gate-06: what a section starts gets through, the outer one's work waits`()
        async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let log = world.log
        try await stub.call { room in
            try await room.state.blockConcurrencyWhile {
                // Both inside: calls back into the object, one of them with a section of its own.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<5 {
                        group.addTask {
                            try await stub.call { room in
                                try await room.state.blockConcurrencyWhile {
                                    log.add("in \(index)")
                                    for _ in 0..<20 { await Task.yield() }
                                    log.add("out \(index)")
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        let lines = Array(log.all.dropFirst())
        #expect(lines.count == 10)
        for pair in stride(from: 0, to: 10, by: 2) {
            #expect(lines[pair].dropFirst(3) == lines[pair + 1].dropFirst(4), "\(lines)")
        }
    }

    @Test func `what a section left behind does not get into a later one`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let log = world.log
        let go = Locked(false)
        let leftBehind = try await stub.call { room in
            try await room.state.blockConcurrencyWhile {
                Task {
                    while !go.withLock({ $0 }) { await Task.yield() }
                    try await stub.call { _ in log.add("left behind") }
                }
            }
        }
        try await stub.call { room in
            try await room.state.blockConcurrencyWhile {
                go.withLock { $0 = true }
                await world.settle()
                log.add("end of section")
            }
        }
        try await leftBehind.value
        #expect(log.all == ["made", "end of section", "left behind"])
    }
}

extension KVNamespace {
    /// Reads, yields as a network would, and writes: what must not be interrupted.
    func addOne(_ key: String) async throws {
        let count = Int(try await get(key) ?? "0") ?? 0
        await Task.yield()
        try await put(key, "\(count + 1)")
    }
}

extension Room {
    func nest(_ depth: Int, _ reached: Locked<Int>) async throws {
        let deepest = try await state.blockConcurrencyWhile {
            () async throws -> DurableObjectError? in
            reached.withLock { $0 = depth + 1 }
            do {
                try await nest(depth + 1, reached)
                return nil
            } catch let error as DurableObjectError {
                return error
            }
        }
        if let deepest { throw deepest }
    }
}

@Suite("Input gate, by itself") struct InputGateStateTests {
    /// Events, sections and calls out of sections at random; the gate's own assertions watch the baton.
    @Test(arguments: 1...10)
    func `whoever comes while others are let in waits behind them, and nobody is forgotten`(
        seed: UInt64
    ) async throws {
        let gate = InputGate()
        let inside = Locked(Set<InputGate.Section>())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                let random = SplitMix.hash(seed &* 1000 &+ UInt64(number))
                group.addTask {
                    for _ in 0..<(random % 7) { await Task.yield() }
                    guard random % 5 == 0 else { return try await gate.admit(inside: []) }
                    while true {
                        if let section = try gate.open(inside: [], depthMax: 1) {
                            let others = inside.withLock { inside in
                                inside.insert(section)
                                return inside.count
                            }
                            #expect(others == 1, "seed \(seed)")
                            for _ in 0..<(random % 11) { await Task.yield() }
                            try await gate.admit(inside: [section])
                            inside.withLock { _ = $0.remove(section) }
                            return gate.close(section)
                        }
                        try await gate.admit(inside: [])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(!gate.isClosed)
    }
}

private enum SplitMix {
    static func hash(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
