import CairnStore
import CairnTestSupport

/// Errors in the place of the kernel's answers, put there by `strace`, under the command that we ship.
///
/// Each kind of call is failed once per run: the first, the second, and so on until a run has no such
/// call left. `strace` can also make a call return a smaller number without doing it; that is a lost
/// write, not a short one, so it is not used here. Short writes come from limits on file sizes.
enum InjectionScenarios {
    static let all = [
        scenario("FM12 fdatasync: EIO", "fdatasync", "EIO"),
        scenario("FM12 fsync: EIO", "fsync", "EIO"),
        scenario("FM11 pwrite64: EIO", "pwrite64", "EIO"),
        scenario("FM10 pwrite64: ENOSPC", "pwrite64", "ENOSPC"),
        scenario("FM10 pwrite64: EDQUOT", "pwrite64", "EDQUOT"),
        scenario("FM14 pwrite64: EINTR", "pwrite64", "EINTR", isHarmless: true),
        scenario("FM13 pread64: EIO", "pread64", "EIO"),
        scenario("FM14 pread64: EINTR", "pread64", "EINTR", isHarmless: true),
        scenario("FM10 fallocate: ENOSPC", "fallocate", "ENOSPC"),
        scenario("FM14 fallocate: EINTR", "fallocate", "EINTR", isHarmless: true),
        scenario("FM11 ftruncate: EIO", "ftruncate", "EIO"),
        scenario("FM08 rename: EIO", "rename,?renameat,?renameat2", "EIO"),
    ]

    private static let callsMax = 200

    private static func scenario(
        _ name: String, _ calls: String, _ error: String, isHarmless: Bool = false
    ) -> KernelScenario {
        KernelScenario(name + ", the shipped command") {
            try sweep(calls, error, isHarmless: isHarmless, isNew: true)
                + sweep(calls, error, isHarmless: isHarmless, isNew: false)
        }
    }

    /// Fails the first, second, … call of a `put` until none is left to fail.
    ///
    /// - Parameters:
    ///   - isHarmless: whether the command must succeed nevertheless.
    ///   - isNew: whether each run founds its store, or all go on in one.
    private static func sweep(
        _ calls: String, _ error: String, isHarmless: Bool, isNew: Bool
    ) throws -> Int {
        guard let cairn = ChildProgram.cairn else {
            throw KernelScenario.NotHere("cairn is not built: swift build --product cairn")
        }
        guard let strace = Command("strace") else { throw KernelScenario.NotHere("no strace") }
        let shared = try TemporaryDirectory("injection")
        var known: [Int] = []
        if !isNew {
            let first = try Command(path: cairn).run(put(0, in: shared))
            try expect(first.isSuccess, "cannot make a store: \(first.text)")
            known = [0]
        }
        let loader = try loaderCalls(strace, calls, cairn)
        var cases = 0
        var number = loader
        while cases < callsMax {
            // Reads of a long empty segment are many and alike: beyond the first, every tenth.
            number += cases < 16 ? 1 : 10
            cases += 1
            let directory = isNew ? try TemporaryDirectory("injection") : shared
            if isNew { known = [] }
            let log = directory.path + "/strace"
            let result = try strace.run(
                [
                    "-f", "--seccomp-bpf", "-o", log, "-e", "trace=\(calls)", "-e",
                    "inject=\(calls):error=\(error):when=\(number)", cairn,
                ] + put(number, in: directory))
            let trace = String(decoding: try directory.contents(of: "strace"), as: UTF8.self)
            if trace.isEmpty || trace.contains("ptrace") {
                throw KernelScenario.NotHere("strace cannot trace here: \(result.text)")
            }
            guard trace.contains("(INJECTED)") else {
                try expect(result.isSuccess, "without a fault: \(result.text)")
                return cases - 1
            }
            let context = "\(error) of \(calls) \(number): \(result.ending), \(result.text)"
            switch result.ending {
            case .exit(0): known.append(number)
            case .exit(1...4): try expect(result.text.contains("cairn: "), "no message: \(context)")
            default: throw BrokenPromise(context)
            }
            if isHarmless { try expect(result.isSuccess, "not tried again: \(context)") }
            do { try check(known, in: directory) } catch {
                throw BrokenPromise("\(error): \(context)")
            }
        }
        throw BrokenPromise("more than \(callsMax) calls of \(calls)")
    }

    /// How many such calls the program has made before it does anything: they are the loader's.
    private static func loaderCalls(
        _ strace: Command, _ calls: String, _ cairn: String
    ) throws -> Int {
        let directory = try TemporaryDirectory("injection")
        let log = directory.path + "/strace"
        _ = try strace.run(["-f", "-o", log, "-e", "trace=\(calls)", cairn, "--help"])
        let trace = String(decoding: try directory.contents(of: "strace"), as: UTF8.self)
        return trace.split(separator: "\n").filter { $0.contains("(") }.count
    }

    private static func put(_ number: Int, in directory: TemporaryDirectory) -> [String] {
        [
            "kv", "key", "put", "--persist-to", directory.path + "/store", "--namespace-id", "n",
            "key-\(number)", "value-\(number)",
        ]
    }

    /// What a command that ended with 0 wrote is there.
    private static func check(_ numbers: [Int], in directory: TemporaryDirectory) throws {
        let store = try Store.open(at: directory.path + "/store")
        for number in numbers {
            let found = try store.keyspace("kv/n").get("key-\(number)")
            try expect(
                found == Array("value-\(number)".utf8), "key-\(number) was written and is gone")
        }
        try store.close()
    }
}
