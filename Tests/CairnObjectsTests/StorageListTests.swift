import CairnObjects
import Testing

@Suite("Object storage, listing") struct StorageListTests {
    private typealias Options = ObjectListOptions

    /// Lists with each of `options` on an object that holds `keys`, once from disk and once while the
    /// keys are still in the open turn: both must see the same.
    private func lists(
        _ keys: [String], _ options: [ObjectListOptions]
    ) async throws -> [[String]] {
        let world = try World()
        let fromDisk = world.rooms.getByName("disk")
        try await fromDisk.call { room in
            for key in keys { try room.state.storage.put(key, key) }
        }
        let stored = try await fromDisk.call { room in
            try options.map { try room.state.storage.list($0, as: String.self).map(\.key) }
        }
        let pending = try await world.rooms.getByName("turn").call { room in
            for key in keys { try room.state.storage.put(key, key) }
            return try options.map { try room.state.storage.list($0, as: String.self).map(\.key) }
        }
        #expect(stored == pending)
        return stored
    }

    private let four = ["bar", "baz", "foo", "qux"]

    @Test func `do-storage-list-02: start is inclusive and need not exist`() async throws {
        #expect(
            try await lists(
                four,
                [
                    Options(start: "cat"), Options(start: "foo"), Options(start: "fop"),
                    Options(start: "foo "),
                ]) == [["foo", "qux"], ["foo", "qux"], ["qux"], ["qux"]])
    }

    @Test func `do-storage-list-04: limits`() async throws {
        #expect(
            try await lists(
                four,
                [
                    Options(limit: 2), Options(start: "baz", limit: 2),
                    Options(end: "foo", limit: 1), Options(end: "foo", limit: 3),
                ]) == [["bar", "baz"], ["baz", "foo"], ["bar"], ["bar", "baz"]])
    }

    @Test func `do-storage-list-05: reverse does not swap the bounds`() async throws {
        #expect(
            try await lists(
                four,
                [
                    Options(reverse: true), Options(start: "foo", reverse: true),
                    Options(end: "foo", reverse: true), Options(reverse: true, limit: 2),
                ]) == [
                    ["qux", "foo", "baz", "bar"], ["qux", "foo"], ["baz", "bar"], ["qux", "foo"],
                ])
    }

    @Test func `do-storage-list-07, -10: startAfter begins at the very next possible key`()
        async throws
    {
        #expect(try await lists(four, [Options(startAfter: "bar", end: "c")]) == [["baz"]])
        #expect(
            try await lists(["a", "a\0", "b"], [Options(startAfter: "a")]) == [["a\0", "b"]])
    }

    @Test func `do-storage-list-09: a limit must be positive, and one start is enough`()
        async throws
    {
        let stub = try World().rooms.getByName("a")
        try await stub.call { room in
            for limit in [0, -1] {
                let error = #expect(throws: DurableObjectError.self) {
                    try room.state.storage.list(Options(limit: limit), as: Int.self)
                }
                #expect(error?.message == "List limit must be positive.")
            }
            #expect(throws: DurableObjectError.self) {
                try room.state.storage.list(Options(start: "a", startAfter: "b"), as: Int.self)
            }
        }
    }

    @Test func `do-storage-list-12, -14, -15, -17: prefixes together with bounds`() async throws {
        #expect(
            try await lists(
                ["app", "apple", "apq", "b"],
                [
                    Options(start: "appb", prefix: "app"), Options(start: "b", prefix: "app"),
                    Options(end: "app", prefix: "app"), Options(prefix: ""),
                    Options(prefix: "app"),
                ]) == [["apple"], [], [], ["app", "apple", "apq", "b"], ["app", "apple"]])
    }

    @Test func `do-storage-list-19, -20: pending deletions do not count against the limit`()
        async throws
    {
        let stub = try World().rooms.getByName("a")
        try await stub.call { room in
            for key in ["bar", "bar1", "bar2", "bar3", "bar4", "foo"] {
                try room.state.storage.put(key, 1)
            }
        }
        try await stub.call { room in
            for key in ["bar1", "bar2", "bar3", "bar4"] { try room.state.storage.delete(key) }
            try room.state.storage.put("baz", 1)
            let options = Options(start: "bar", end: "qux", limit: 3)
            #expect(
                try room.state.storage.list(options, as: Int.self).map(\.key)
                    == ["bar", "baz", "foo"])
            var backwards = options
            backwards.reverse = true
            #expect(
                try room.state.storage.list(backwards, as: Int.self).map(\.key)
                    == ["foo", "baz", "bar"])
        }
    }
}
