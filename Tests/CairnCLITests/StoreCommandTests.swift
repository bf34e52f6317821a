import CairnStore
import CairnTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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
        #expect(table.text.contains("index bytes "))
        #expect(table.text.contains(" alive, ") && table.text.contains(" dead, "))
        #expect(!table.text.contains("keyspace people"))
    }

    @Test func `stats in JSON has what a running store's metrics have`() throws {
        let (child, _) = try run("store", "stats", directory.path, "--json", "--keyspaces", "5")
        #expect(child.text.split(separator: "\n").count == 1)
        for part in [
            #""cache":{"bytes":0,"capacity":67108864,"hits":0,"misses":0}"#, #""commits":0"#,
            #""records":0"#, #""frames":0"#, #""writtenBytes":0"#, #""syncs":{"count":0,"#,
            #""longestNanoseconds":0"#, #""reads":0"#, #""diskReadBytes":0"#, #""indexBytes":"#,
            #""keyspaceSizes":[{"keys":1,"liveBytes":"#, #""name":"people"}]"#,
        ] {
            #expect(child.text.contains(part), "\(part) in \(child.text)")
        }
        let (table, _) = try run("store", "stats", directory.path, "--keyspaces", "5")
        #expect(table.text.contains("keyspace people: 1 keys, "))
    }

    /// Goal: watching a store that nobody uses opens it once; what others did is seen when they are done.
    @Test func `stats goes on watching, waits for an owner and then sees what it did`() throws {
        let child = try ChildProcess(
            "cairn", ["store", "stats", directory.path, "--json", "--watch", "0.1"])
        func lines(_ text: String) -> Int { text.split(separator: "\n").count }
        #expect(child.waitForText { lines($0) >= 3 }.contains(#""keys":1,"#))
        // Nobody would be let in while the child had it open: it looks at the files only.
        let store = try Store.open(at: directory.path)
        try store.keyspace("people").put("cyd", [1])
        while !child.errorText.contains("has it open") { usleep(10_000) }
        #expect(!child.text.contains(#""keys":2,"#))
        try store.close()
        #expect(child.waitForText { $0.contains(#""keys":2,"#) }.contains(#""keys":2,"#))
        #expect(lines(child.errorText) == 1)
        child.send(signal: 2)
        #expect(child.wait() == .signal(2))
    }

    @Test func `stats watched without a terminal prints a line each time`() throws {
        let child = try ChildProcess(
            "cairn", ["store", "stats", directory.path, "--watch", "0.1"])
        let text = child.waitForText { $0.split(separator: "\n").count >= 2 }
        child.send(signal: 2)
        child.wait()
        #expect(text.hasPrefix("commit 3: 1 keyspaces, 1 keys, "))
        #expect(!text.contains("\u{1B}"))
        #expect(try run("store", "stats", directory.path, "--watch", "0").1 == .exit(64))
        #expect(try run("store", "stats", directory.path, "--keyspaces", "-1").1 == .exit(64))
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

    @Test func `dump shows what is in one file, and damage at its place`() throws {
        let name = try #require(try directory.names().first { $0.hasSuffix(".segment") })
        let path = directory.path + "/" + name
        let (child, ending) = try run("store", "dump", path)
        #expect(ending == .exit(0))
        #expect(child.text.hasPrefix("0 header store="))
        #expect(child.text.contains("4096 frame kind=commit batches=1 records=2"))
        #expect(child.text.contains("record kind=put sequence=1 keyspace=1 key=ada"))
        let (manifest, _) = try run("store", "dump", directory.path + "/MANIFEST", "--json")
        #expect(manifest.text.contains(#""closed":true,"#))
        #expect(manifest.text.contains(#""item":"floor""#))
        var bytes = try directory.contents(of: name)
        bytes[4096 + 70] ^= 1
        try directory.write(bytes, to: name)
        let (damaged, damagedEnding) = try run("store", "dump", path, "--json")
        #expect(damagedEnding == .exit(1))
        #expect(damaged.text.contains(#""item":"damage","message":"expected a frame"#))
        #expect(damaged.text.contains(#""key":"bob""#))
        let (strange, strangeEnding) = try run("store", "dump", directory.path + "/LOCK")
        #expect(strangeEnding == .exit(3) && strange.text.isEmpty)
    }

    /// Goal: derived damage has an exit code of its own.
    @Test func `verify tells damage to data from damage to derived data`() throws {
        let run = "0000000000000001-0000000000000003.keys"
        try directory.write([1, 2, 3], to: run)
        let (child, ending) = try self.run("store", "verify", directory.path)
        #expect(ending == .exit(5))
        #expect(child.text.contains(run + ", offset 0: the key run is damaged"))
        #expect(child.text.contains("will be made anew from the log by the next open"))
        #expect(child.text.contains("no data is damaged"))
        let (json, _) = try self.run("store", "verify", directory.path, "--json")
        #expect(json.text.contains(#""severity":"derived""#))
        #expect(json.text.contains(#""dataFindings":0"#))
    }

    @Test func `a store that is open elsewhere is refused with the process id`() throws {
        let store = try Store.open(at: directory.path)
        for command in ["stats", "verify", "dump"] {
            let (child, ending) = try run("store", command, directory.path)
            #expect(ending == .exit(2))
            #expect(child.errorText.contains("has it open"))
            #expect(child.errorText.contains("Store.metrics()") == (command == "stats"))
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
