import CairnTestSupport

/// FM26 and FM10: the limits that a process can be under.
enum LimitScenarios {
    static let all = [
        KernelScenario("FM26 no descriptors left") {
            try sweep("files", Array(4...16) + [24])
        },
        KernelScenario("FM10 FM14 a limit on file sizes, with short writes") {
            try sweep(
                "filesize",
                [0, 1, 3, 60, 104, 130, 200, 4095, 4096, 4097, 8191, 8192, 8193, 20_000],
                expecting: ["noSpace", "poisoned"])
        },
        KernelScenario("FM10 a limit on file sizes, the shipped command") { try shippedCommand() },
    ]

    /// Lets a child write under each limit, in a new directory and in one that is full already.
    private static func sweep(
        _ name: String, _ limits: [Int], expecting kinds: Set<String>? = nil
    ) throws -> Int {
        let old = try TemporaryDirectory("limit-old")
        var end = 0
        for limit in limits {
            let new = try TemporaryDirectory("limit-new")
            for (directory, first) in [(old, end), (new, 0)] {
                let probe = try ProbeReport.of(
                    directory.path, "\(name)=\(limit)", "first=\(first)", "writes=30")
                do {
                    try expect(!probe.says("wrong"), "a value is wrong")
                    if let kinds, let refusal = probe.refusal {
                        try expect(kinds.contains(refusal), "expected \(kinds)")
                    }
                    let reached = probe.acknowledged.last.map { $0 + 1 } ?? first
                    try KernelEntries.reopen(directory.path, expecting: 0..<reached)
                    if directory === old { end = max(end, reached) }
                } catch { throw BrokenPromise("\(name) \(limit): \(error): \(probe.messages)") }
            }
        }
        return 2 * limits.count
    }

    private static func shippedCommand() throws -> Int {
        guard let cairn = ChildProgram.cairn else {
            throw KernelScenario.NotHere("cairn is not built: swift build --product cairn")
        }
        guard let shell = Command("sh") else { throw KernelScenario.NotHere("no sh") }
        var cases = 0
        for blocks in [0, 1, 8, 64, 1000] {
            let directory = try TemporaryDirectory("limit-command")
            // `-f` counts blocks of 512 bytes; the pipe that the message goes to has no size.
            let result = try shell.run([
                "-c", "ulimit -f \(blocks); exec \"$@\"", "sh", cairn, "kv", "key", "put",
                "--persist-to", directory.path + "/store", "--namespace-id", "n", "key", "value",
            ])
            try expect(
                result.ending == .exit(4) && result.text.contains("the disk is full"),
                "ulimit -f \(blocks): \(result.ending): \(result.text)")
            cases += 1
        }
        return cases
    }
}
