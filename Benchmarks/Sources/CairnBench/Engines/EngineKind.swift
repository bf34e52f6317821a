import CPeers
import Foundation

/// How to open an engine.
struct EngineOptions: Sendable {
    let path: String
    let isDurable: Bool
    let cacheByteCount: Int
    let keyCount: Int
    let sessionCount: Int
}

/// An engine that the comparison knows, whether it is compiled in or not.
struct EngineKind: Sendable {
    let name: String
    /// The Debian package with its headers; `nil` for Cairn.
    let package: String?
    /// Whether it can go through its keys in order.
    let isOrdered: Bool

    static let all = [
        EngineKind(name: "cairn", package: nil, isOrdered: true),
        EngineKind(name: "rocksdb", package: "librocksdb-dev", isOrdered: true),
        EngineKind(name: "rocksdb-zlib", package: "librocksdb-dev", isOrdered: true),
        EngineKind(name: "leveldb", package: "libleveldb-dev", isOrdered: true),
        EngineKind(name: "lmdb", package: "liblmdb-dev", isOrdered: true),
        EngineKind(name: "sqlite", package: "libsqlite3-dev", isOrdered: true),
        EngineKind(name: "tkrzw", package: "libtkrzw-dev", isOrdered: false),
        EngineKind(name: "wiredtiger", package: "libwiredtiger-dev", isOrdered: true),
    ]

    static func named(_ name: String) -> EngineKind? { all.first { $0.name == name } }

    var isPresent: Bool {
        guard package != nil else { return true }
        return unsafe peer_is_present(name)
    }

    /// The settings it runs with, and what its writes promise.
    var settings: String {
        guard package != nil else { return CairnEngine.settings }
        return unsafe peer_settings(name).map { unsafe String(cString: $0) } ?? "absent"
    }

    /// The installed version, as Debian's package manager knows it; of Cairn, the clone that was
    /// built.
    func version() -> String {
        let answer =
            if let package {
                Self.run("dpkg-query", "-W", "-f", "${Version}", package)
            } else {
                Self.run("git", "describe", "--always", "--dirty")
            }
        return answer ?? "unknown"
    }

    func open(_ options: EngineOptions) throws -> any Engine {
        package == nil ? try CairnEngine(options) : try PeerEngine(name, options)
    }

    private static func run(_ command: String...) -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return process.terminationStatus == 0 && !text.isEmpty ? text : nil
    }
}
