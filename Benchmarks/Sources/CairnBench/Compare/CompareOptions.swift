import ArgumentParser
import BenchData
import Foundation

/// What `compare` can be told.
struct CompareOptions: ParsableArguments {
    @Option(help: "Engines, separated by commas; by default all that are compiled in.")
    var engine: String?

    @Option(help: "Workloads, separated by commas; by default all.")
    var workload: String?

    @Option(help: "How many keys: a multiple of 100, from 1000 on.")
    var keys = 1_000_000

    @Option(help: "Bytes a key.")
    var keyBytes = 24

    @Option(help: "Bytes a value.")
    var valueBytes = 100

    @Option(help: "Threads, for workloads that do not have a number of their own.")
    var threads = 1

    @Option(help: "How often each engine does everything.")
    var `repeat` = 5

    @Option(help: "Bytes that an engine may cache.")
    var cacheBytes = 256 << 20

    @Option(help: "Seconds a run of what has no end: reads and durable writes.")
    var seconds = 2.0

    @Option(help: "Seconds after which a run of what has an end is cut.")
    var limit = 120.0

    @Option(help: "The directory for data; by default a temporary one.")
    var dir: String?

    @Option(help: "Write one JSON object a line for each measurement into this file.")
    var json: String?

    @Option(help: "Write a plot for each workload into this directory.")
    var svg: String?

    @Flag(help: "Little of everything, to see that it works: within two minutes.")
    var quick = false

    /// How many keys `--quick` takes, and how long.
    private static let quickKeyCount = 10_000

    var shape: Assignment.Shape {
        Assignment.Shape(
            keyCount: quick ? Self.quickKeyCount : keys, keyByteCount: keyBytes,
            valueByteCount: valueBytes)
    }

    var repeatCount: Int { quick ? 2 : `repeat` }
    var timedSeconds: Double { quick ? 0.05 : seconds }
    var quietSeconds: Double { quick ? 0.02 : 0.2 }
    var secondsMax: Double { quick ? 2 : limit }
    var reopenCount: Int { quick ? 1 : 5 }
    var directory: String {
        dir ?? FileManager.default.temporaryDirectory.path + "/cairn-bench-compare"
    }

    /// - Throws: for a name that is unknown, and for an engine that is not compiled in.
    func engines() throws -> [EngineKind] {
        guard let engine else { return EngineKind.all.filter(\.isPresent) }
        return try engine.split(separator: ",").map { name in
            guard let kind = EngineKind.named(String(name)) else {
                let known = EngineKind.all.map(\.name).joined(separator: ", ")
                throw ValidationError("no engine is called \(name); there are \(known)")
            }
            guard kind.isPresent else {
                throw ValidationError(
                    "\(name) is not compiled in: install \(kind.package ?? kind.name) (`make peers` installs all "
                        + "engines) and build again")
            }
            return kind
        }
    }

    func jobs() throws -> [Job] {
        let chosen: [Workload] =
            try workload?.split(separator: ",").map { name throws -> Workload in
                guard let workload = Workload(rawValue: String(name)) else {
                    let known = Workload.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("no workload is called \(name); there are \(known)")
                }
                return workload
            } ?? Workload.allCases
        return Workload.allCases.filter(chosen.contains).flatMap { workload in
            switch workload {
            case .durableput: [1, 8, 64].map { Job(workload: workload, callers: $0) }
            case .durablebatch, .reopen: [Job(workload: workload, callers: 1)]
            default: [Job(workload: workload, callers: threads)]
            }
        }
    }

    func validate() throws {
        guard keys >= 1000, keys.isMultiple(of: 100), keys < 10_000_000_000 else {
            throw ValidationError("--keys must be a multiple of 100, from 1000 on; it is \(keys)")
        }
        let least = KeySource.byteCountMin(count: keys)
        guard (least...1000).contains(keyBytes) else {
            throw ValidationError("--key-bytes must lie in \(least)...1000 for \(keys) keys")
        }
        guard (ValueSource.byteCountMin...1 << 20).contains(valueBytes) else {
            throw ValidationError(
                "--value-bytes must lie in \(ValueSource.byteCountMin)...\(1 << 20)")
        }
        guard threads > 0, threads <= 64, `repeat` > 0, seconds > 0, limit > 0,
            cacheBytes >= 1 << 20
        else {
            throw ValidationError(
                "--threads must lie in 1...64, --repeat, --seconds and --limit be positive, and "
                    + "--cache-bytes at least 1048576")
        }
        _ = try engines()
        _ = try jobs()
    }
}
