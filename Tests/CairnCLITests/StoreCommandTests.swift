import CairnStore
import CairnTestSupport
import Testing

/// The real program, as a child process.
@Suite("cairn store") struct StoreCommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory("cli")
        let store = try Store.open(at: directory.path)
        let space = try store.keyspace("people")
        try space.put("ada", Array("countess".utf8))
        try space.put("bob", [1])
        try space.delete("bob")
        try store.close()
    }

    private func run(_ arguments: String...) throws -> (ChildProcess, ChildProcess.Ending) {
        let child = try ChildProcess("cairn", arguments)
        return (child, child.wait())
    }

    @Test func `stats tells live from dead`() throws {
        let (child, ending) = try run("store", "stats", directory.path, "--json")
        #expect(ending == .exit(0))
        #expect(child.text.contains(#""keys":1"#))
        #expect(child.text.contains(#""lastSequence":3"#))
        #expect(!child.text.contains(#""deadBytes":0"#))
        let (table, _) = try run("store", "stats", directory.path)
        #expect(table.text.contains("keys        1\n"))
    }

    @Test func `verify is content with a healthy store and lists damage`() throws {
        #expect(try run("store", "verify", directory.path).1 == .exit(0))
        let name = try #require(try directory.names().first { $0.hasSuffix(".segment") })
        var bytes = try directory.contents(of: name)
        bytes[4096 + 70] ^= 1
        try directory.write(bytes, to: name)
        let (child, ending) = try run("store", "verify", directory.path, "--json")
        #expect(ending == .exit(1))
        #expect(child.text.contains(#""offset":4096"#))
        #expect(child.text.contains(#""findings":1"#))
        #expect(child.errorText.contains(#""progress":"verify""#))
    }

    @Test func `dump lists records in order`() throws {
        let (child, ending) = try run("store", "dump", directory.path)
        #expect(ending == .exit(0))
        let kinds = child.text.split(separator: "\n").map { $0.split(separator: " ")[2] }
        #expect(kinds == ["createKeyspace", "put", "put", "delete"])
        #expect(child.text.contains("people ada 8 bytes raw"))
    }

    @Test func `a store that is open elsewhere is refused with the process id`() throws {
        let store = try Store.open(at: directory.path)
        for command in ["stats", "verify", "dump"] {
            let (child, ending) = try run("store", command, directory.path)
            #expect(ending == .exit(2))
            #expect(child.errorText.contains("has it open"))
        }
        try store.close()
    }

    @Test func `where there is no store nothing is made`() throws {
        let empty = try TemporaryDirectory("cli-empty")
        for command in ["stats", "verify", "dump"] {
            let (child, ending) = try run("store", command, empty.path)
            #expect(ending == .exit(3))
            #expect(child.errorText.contains("there is no store"))
        }
        #expect(try empty.names() == [])
        #expect(try run("store", "stats").1 == .exit(64))
    }
}
