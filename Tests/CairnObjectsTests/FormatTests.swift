import CairnObjects
import CairnStore
import Testing

/// The documents' examples, word for word: Docs/Formats/ObjectValue.md and Keyspaces.md.
@Suite("Object formats") struct FormatTests {
    private static let examples: [(key: String, hex: String)] = [
        ("count", "13 05 00 00 00 00 00 00 00"),
        (
            "seats",
            """
            17 17 44 69 63 74 69 6f 6e 61 72 79 3c 53 74 72 \
            69 6e 67 2c 20 49 6e 74 3e 7b 22 72 6f 77 22 3a \
            33 7d
            """
        ),
    ]

    @Test func `values on disk are as documented`() async throws {
        let world = try World()
        let id = world.rooms.idFromName("a")
        try await world.rooms.get(id).call { room in
            try room.state.storage.put("seats", ["row": 3])
            try room.state.storage.put("count", 5)
        }
        let data = try world.store.keyspace("do/mykey/\(id)")
        for (key, hex) in Self.examples {
            let bytes = try #require(try data.get(key))
            #expect(bytes == hex.split(separator: " ").map { UInt8($0, radix: 16) ?? 0 })
        }
        let directory = try world.store.keyspace("do/mykey").list()
        #expect(directory.count == 1)
        #expect(directory.first?.value == [1] + Array("a".utf8))
        #expect(directory.first?.key.count == 32)
    }

    @Test func `a value of a later version, or damaged, is refused and not misread`() async throws {
        let world = try World()
        let id = world.rooms.idFromName("a")
        let data = try world.store.keyspace("do/mykey/\(id)")
        let damaged: [[UInt8]] = [
            [], [0x23, 1, 0, 0, 0, 0, 0, 0, 0], [0x13, 1], [0x15, 0, 0], [0x17], [0x17, 200, 1],
            [0x12, 0xFF],
        ]
        for (index, bytes) in damaged.enumerated() { try await data.put("\(index)", bytes) }
        try await world.rooms.get(id).call { room in
            for index in damaged.indices {
                let error = #expect(throws: DurableObjectError.self) {
                    try room.state.storage.get("\(index)", as: Int.self)
                }
                #expect(error?.kind == .typeMismatch)
            }
        }
    }
}
