import CairnKV
import CairnObjects
import CairnPlatform
import CairnStore
import Testing

@Suite("Object storage") struct StorageTests {
    /// Runs `body` on a fresh object.
    private func onObject<Result: Sendable>(
        _ body: @Sendable (isolated Room) async throws -> Result
    ) async throws -> Result {
        try await World().rooms.getByName("a").call(body)
    }

    @Test func `do-storage-basic-01, -03, -06, -08: get, put and delete in one turn`() async throws
    {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in
            let storage = room.state.storage
            #expect(try storage.get("foo", as: String.self) == nil)
            try storage.put("foo", "bar")
            #expect(try storage.get("foo", as: String.self) == "bar")
            #expect(try storage.delete("foo"))
            #expect(try !storage.delete("foo"))
            #expect(try !storage.delete("absent"))
            #expect(try storage.get("foo", as: String.self) == nil)
        }
        let before = world.store.lastSequence
        try await stub.call { room in _ = try room.state.storage.delete("foo") }
        #expect(world.store.lastSequence == before, "nothing to delete writes nothing")
    }

    @Test func `do-coalescing-02: the last value of a key counts`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in
            for number in 1...10 { try room.state.storage.put("k", number) }
        }
        #expect(try await stub.call { try $0.state.storage.get("k", as: Int.self) } == 10)
        let keyspace = try #require(world.store.keyspaces(prefix: "do/mykey/").first)
        #expect(try world.store.keyspace(keyspace).list().count == 1)
    }

    @Test func `do-storage-basic-15, -16: many at once, all or none`() async throws {
        try await onObject { room in
            let storage = room.state.storage
            try storage.put([String: Int]())
            #expect(try storage.list(as: Int.self).isEmpty)
            try storage.put("earlier", 1)
            let long = String(repeating: "k", count: 2049)
            let error = #expect(throws: DurableObjectError.self) {
                try storage.put(["a": 1, long: 2])
            }
            #expect(
                error?.message
                    == "Keys cannot be larger than 2048 bytes. A key of size 2049 was provided.")
            #expect(try storage.list(as: Int.self).map(\.key) == ["earlier"])
            try storage.put(["a": 1, "b": 2])
            #expect(try storage.get(["a", "b", "c"], as: Int.self) == ["a": 1, "b": 2])
            #expect(try storage.delete(["a", "c"]) == 1)
            let many = Dictionary(uniqueKeysWithValues: (0..<129).map { ("\($0)", $0) })
            #expect(throws: DurableObjectError.self) { try storage.put(many) }
            #expect(throws: DurableObjectError.self) {
                try storage.get(Array(many.keys), as: Int.self)
            }
            #expect(throws: DurableObjectError.self) { try storage.delete(Array(many.keys)) }
            #expect(try storage.list(as: Int.self).map(\.key) == ["b", "earlier"])
        }
    }

    @Test func `do-storage-basic-25: the limits of keys and values, to the byte`() async throws {
        try await onObject { room in
            let storage = room.state.storage
            let key = String(repeating: "k", count: 2048)
            try storage.put(key, [UInt8](repeating: 7, count: 128 << 10))
            #expect(try storage.get(key, as: [UInt8].self)?.count == 128 << 10)
            #expect(throws: DurableObjectError.self) { try storage.put(key + "k", 1) }
            #expect(throws: DurableObjectError.self) {
                try storage.put("k", [UInt8](repeating: 7, count: (128 << 10) + 100))
            }
            #expect(try storage.get("k", as: [UInt8].self) == nil)
        }
    }

    @Test func `values keep their types, and another type is refused by name`() async throws {
        struct Point: Codable, Hashable { var x = 1, y = 2 }
        try await onObject { room in
            let storage = room.state.storage
            try storage.put("int", -5)
            try storage.put("text", "grüße")
            try storage.put("bytes", [UInt8]([0, 255]))
            try storage.put("double", 0.1)
            try storage.put("flag", true)
            try storage.put("point", Point())
            try storage.put("list", [1, 2, 3])
            try storage.put("none", Int?.none)
            #expect(try storage.get("int", as: Int.self) == -5)
            #expect(try storage.get("text", as: String.self) == "grüße")
            #expect(try storage.get("bytes", as: [UInt8].self) == [0, 255])
            #expect(try storage.get("double", as: Double.self) == 0.1)
            #expect(try storage.get("flag", as: Bool.self) == true)
            #expect(try storage.get("point", as: Point.self) == Point())
            #expect(try storage.get("list", as: [Int].self) == [1, 2, 3])
            let error = #expect(throws: DurableObjectError.self) {
                try storage.get("text", as: Int.self)
            }
            #expect(error?.kind == .typeMismatch)
            #expect(error?.message == "the stored value is String, it was read as Int")
            #expect(throws: DurableObjectError.self) { try storage.get("int", as: Point.self) }
            #expect(throws: DurableObjectError.self) { try storage.get("point", as: String.self) }
        }
    }

    @Test func `deleteAll removes everything, and what the turn writes later stays`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in
            try room.state.storage.put(["a": 1, "b": 2])
        }
        #expect(try world.rooms.storedObjects().map(\.name) == ["a"])
        try await stub.call { room in
            try room.state.storage.deleteAll()
            #expect(try room.state.storage.get("a", as: Int.self) == nil)
            try room.state.storage.put("c", 3)
        }
        let left = try await stub.call { room in
            try room.state.storage.list(as: Int.self).map(\.key)
        }
        #expect(left == ["c"])
        #expect(try world.rooms.storedObjects().map(\.name) == ["a"])
        try await stub.call { room in try room.state.storage.deleteAll() }
        #expect(try world.rooms.storedObjects().isEmpty)
        await world.runtime.shutdown()
        let again = try world.restarted()
        let kept = try await again.rooms.getByName("a").call { room in
            try room.state.storage.list(as: Int.self).count
        }
        #expect(kept == 0)
    }

    @Test func `storage called off its object refuses`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let storage = try await stub.call { room in
            try room.state.storage.put("k", 1)
            return room.state.storage
        }
        for call in [
            { _ = try storage.get("k", as: Int.self) }, { try storage.put("k", 2) },
            { try storage.delete("k") }, { try storage.deleteAll() },
            { _ = try storage.list(as: Int.self) },
        ] as [@Sendable () throws -> Void] {
            let error = #expect(throws: DurableObjectError.self) { try call() }
            #expect(error?.kind == .notIsolated)
        }
        // From a task of the object's own, on its executor or off it.
        try await stub.call { room in
            let onIt = Task { try room.state.storage.put("on", 1) }
            try await onIt.value
            let offIt = Task.detached { try storage.put("off", 1) }
            let error = await failure { try await offIt.value }
            #expect(error?.kind == .notIsolated)
            let childError = await failure {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try storage.put("child", 1) }
                    try await group.waitForAll()
                }
            }
            #expect(childError?.kind == .notIsolated)
        }
        // From another object.
        let other = world.rooms.getByName("b")
        let error = await failure { try await other.call { _ in try storage.put("k", 3) } }
        #expect(error?.kind == .notIsolated)
    }

    @Test func `do-errors-reset-02: what an aborted turn wrote is discarded`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        try await stub.call { room in try room.state.storage.put("counter", 1) }
        let error = await failure {
            try await stub.call { room in
                try room.state.storage.put("counter", 888)
                room.state.abort("test broken")
            }
        }
        #expect(error?.kind == .reset)
        #expect(error?.message == "test broken")
        let counter = try await stub.call { room in
            try room.state.storage.get("counter", as: Int.self)
        }
        #expect(counter == 1)
        #expect(world.log.all == ["made", "made"])
    }

    @Test func `a fenced instance can neither read nor write, its KV neither`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        let error = await failure {
            try await stub.call { room in
                room.state.abort()
                let refused = #expect(throws: DurableObjectError.self) {
                    try room.state.storage.put("k", 1)
                }
                #expect(refused?.kind == .reset)
                #expect(throws: DurableObjectError.self) {
                    try room.state.storage.get("k", as: Int.self)
                }
                _ = await failure { try await room.env.kv.put("k", "v") }
                _ = await failure { _ = try await room.env.kv.get("k") }
                let stub = world.rooms.getByName("b")
                _ = await failure { try await stub.call { _ in } }
            }
        }
        #expect(error?.message == "Application called abort() to reset Durable Object.")
        #expect(try await world.kv.get("k") == nil)
        #expect(world.log.all == ["made"])
    }

    @Test func `writes before a throw stay`() async throws {
        let world = try World()
        let stub = world.rooms.getByName("a")
        await #expect(throws: Room.Refusal.self) {
            try await stub.call { room in
                try room.state.storage.put("k", 1)
                throw Room.Refusal()
            }
        }
        #expect(try await stub.call { try $0.state.storage.get("k", as: Int.self) } == 1)
    }
}
