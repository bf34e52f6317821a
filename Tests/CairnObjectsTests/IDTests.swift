import CairnKV
import CairnObjects
import CairnPlatform
import CairnStore
import CairnTestSupport
import Testing

@Suite("Object ids") struct IDTests {
    private func namespace(_ uniqueKey: String) throws -> DurableObjectNamespace<Room> {
        let world = try World()
        return try world.runtime.namespace(uniqueKey: uniqueKey, of: Room.self) { gate in
            RoomEnv(kv: world.kv.bound(to: gate), log: world.log)
        }
    }

    @Test(arguments: [
        ("http://foo/", "59002eb8cf872e541722977a258a12d6a93bbe8192b502e1c0cb250aa91af234"),
        ("http://foo/bar", "02b496f65dd35cbac90e3e72dc5a398ee93926ea4a3821e26677082d2e6f9b79"),
        ("", "5671fa8c78c77d33f1e2e2613dd33ef021665e44066444f8e9f9af35e972d39d"),
        ("a", "fa5ef46164dde9b1e06466253f8ef87bdf9732ca804160f347d2b715967cb339"),
    ])
    func `do-ids-01, do-ids-03: ids of names are workerd's, byte for byte`(
        name: String, expected: String
    ) throws {
        #expect(try namespace("mykey").idFromName(name).description == expected)
    }

    @Test func `do-ids-04: 64 lowercase digits, and back`() throws {
        let rooms = try namespace("mykey")
        let id = rooms.idFromName("/a")
        #expect(id.description.count == 64)
        #expect(id.description == id.description.lowercased())
        #expect(try rooms.idFromString(id.description.uppercased()) == id)
    }

    @Test func `do-ids-06, do-ids-08: an id of another namespace is refused`() throws {
        let (a, b) = (try namespace("hello"), try namespace("other"))
        for text in [
            String(repeating: "deadbeef", count: 8), b.idFromName("x").description,
            b.newUniqueId().description,
        ] {
            let error = #expect(throws: DurableObjectError.self) { try a.idFromString(text) }
            #expect(error?.kind == .invalidID)
            #expect(error?.message == "Durable Object ID is not valid for this namespace.")
        }
    }

    @Test func `do-ids-09: anything but 64 hexadecimal digits is refused`() throws {
        let rooms = try namespace("mykey")
        let good = rooms.idFromName("x").description
        for text in [
            "", String(good.dropLast()), good + "0", "g" + good.dropFirst(),
            "é" + good.dropFirst(2),
        ] {
            let error = #expect(throws: DurableObjectError.self) { try rooms.idFromString(text) }
            #expect(error?.message == "Invalid Durable Object ID: must be 64 hex digits")
        }
    }

    @Test func `do-ids-11, do-ids-13: the name is known and takes no part in equality`() throws {
        let rooms = try namespace("mykey")
        let id = rooms.idFromName("foo")
        #expect(id.name == "foo")
        let same = try rooms.idFromString(id.description)
        #expect(same.name == nil)
        #expect(same == id)
        #expect(same.hashValue == id.hashValue)
        #expect(rooms.idFromName("bar") != id)
    }

    @Test func `do-ids-14, do-ids-16: the name inside the object`() async throws {
        let world = try World()
        let rooms = world.rooms
        #expect(try await rooms.get(rooms.newUniqueId()).call { $0.state.id.name } == nil)
        let kept = String(repeating: "n", count: 1024)
        #expect(try await rooms.getByName(kept).call { $0.state.id.name } == kept)
        #expect(try await rooms.getByName(kept + "n").call { $0.state.id.name } == nil)
    }

    @Test func `the name is known again after a restart, however the object is reached`()
        async throws
    {
        let world = try World()
        let id = world.rooms.idFromName("lobby")
        let byID = try world.rooms.idFromString(id.description)
        // Reached by its id alone first, so that the name comes later than the data.
        try await world.rooms.get(byID).call { room in try room.state.storage.put("k", 1) }
        await world.runtime.shutdown()
        let second = try world.restarted()
        #expect(try await second.rooms.get(byID).call { $0.state.id.name } == nil)
        await second.runtime.shutdown()
        let third = try world.restarted()
        try await third.rooms.get(id).call { room in try room.state.storage.put("k", 2) }
        await third.runtime.shutdown()
        let fourth = try world.restarted()
        #expect(try await fourth.rooms.get(byID).call { $0.state.id.name } == "lobby")
        #expect(try fourth.rooms.storedObjects().map(\.name) == ["lobby"])
    }

    @Test func `unique ids differ and come from the random source`() throws {
        let rooms = try namespace("mykey")
        let ids = Set((0..<1000).map { _ in rooms.newUniqueId() })
        #expect(ids.count == 1000)
        for id in ids { #expect(try rooms.idFromString(id.description) == id) }
    }

    @Test func `a class keeps its unique key, which is what its ids are made from`() throws {
        let world = try World()
        let key = try world.runtime.uniqueKey(worker: "app", className: "Room")
        #expect(key == "app-Room")
        // As a later rename would record it: another name, the same key.
        try world.store.keyspace("cairn/classes").put("app/Hall", Array(key.utf8))
        #expect(try world.runtime.uniqueKey(worker: "app", className: "Hall") == "app-Room")
    }
}
