import CairnStore
import CairnTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// FM21: a directory has one owner, among processes too.
enum OwnershipScenarios {
    /// Longer than this is not at once.
    private static let atOnce = Duration.seconds(5)

    static let all = [
        KernelScenario("FM21 a second process is refused, and let in after a kill") {
            try secondProcess()
        },
        KernelScenario("FM21 the shipped command is refused") { try shippedCommand() },
    ]

    private static func secondProcess() throws -> Int {
        let directory = try TemporaryDirectory("owner")
        var end = 0
        for _ in 0..<5 {
            var owner = try ProbeReport(
                directory.path, ["first=\(end)", "writes=10", "hold"])
            try owner.wait(for: "holding")
            end += 10
            // Both ways: this process against the child, and another child against it.
            let start = ContinuousClock.now
            try refusal(by: owner.child.processID) { () throws(StoreError) in
                try Store.open(at: directory.path).close()
            }
            let second = try ProbeReport.of(directory.path, "writes=1")
            try expect(.now - start < atOnce, "the refusal took \(ContinuousClock.now - start)")
            try expect(
                second.says("refused locked")
                    && second.messages.contains("process \(owner.child.processID) "),
                "a second opener in another process: \(second.messages)")
            owner.child.kill()
            owner.child.wait()
            try KernelEntries.reopen(directory.path, expecting: 0..<end)
        }
        return 10
    }

    private static func refusal(
        by owner: Int32, _ body: () throws(StoreError) -> Void
    ) throws {
        do throws(StoreError) { try body() } catch {
            try expect(
                error.kind == .locked && error.message.contains("process \(owner) "),
                "expected locked by \(owner), found \(error)")
            return
        }
        throw BrokenPromise("a second opener was let in")
    }

    private static func shippedCommand() throws -> Int {
        guard let cairn = ChildProgram.cairn else {
            throw KernelScenario.NotHere("cairn is not built: swift build --product cairn")
        }
        let directory = try TemporaryDirectory("owner")
        let store = try Store.open(at: directory.path)
        try store.keyspace("kv/n").put("key", [1])
        for words in [["kv", "key", "put", "key", "2"], ["kv", "key", "get", "key"]] {
            let result = try Command(path: cairn).run(
                words + ["--persist-to", directory.path, "--namespace-id", "n"])
            try expect(
                result.ending == .exit(2) && result.text.contains("process \(getpid()) "),
                "\(words): \(result.ending): \(result.text)")
        }
        try expect(try store.keyspace("kv/n").get("key") == [1], "the value was changed")
        try store.close()
        return 2
    }
}
