// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// An engine Cairn is compared with: compiled in where its header is found.
struct Peer {
    let name: String
    let header: String
    let library: String

    static let all = [
        Peer(name: "ROCKSDB", header: "rocksdb/c.h", library: "rocksdb"),
        Peer(name: "LEVELDB", header: "leveldb/c.h", library: "leveldb"),
        Peer(name: "LMDB", header: "lmdb.h", library: "lmdb"),
        Peer(name: "SQLITE", header: "sqlite3.h", library: "sqlite3"),
        Peer(name: "TKRZW", header: "tkrzw_langc.h", library: "tkrzw"),
        Peer(name: "WIREDTIGER", header: "wiredtiger.h", library: "wiredtiger"),
    ]

    /// SwiftPM remembers what a manifest said for an environment. The Makefile therefore lists the
    /// headers in `CAIRN_PEERS`, so that one that was just installed is seen; without that the
    /// manifest looks itself.
    static let present = all.filter { peer in
        if let listed = Context.environment["CAIRN_PEERS"] {
            return listed.split(separator: " ").contains { $0.hasSuffix("/" + peer.header) }
        }
        return ["/usr/include/", "/usr/local/include/"].contains {
            FileManager.default.fileExists(atPath: $0 + peer.header)
        }
    }
}

/// The rules of the main package.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// The benchmarks are a package of their own: what they need never reaches a user's build.
let package = Package(
    name: "cairn-benchmarks",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "cairn-bench", targets: ["CairnBench"])],
    dependencies: [
        .package(name: "cairn", path: ".."),
        .package(
            url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(url: "https://github.com/apple/swift-nio", .upToNextMinor(from: "2.101.2")),
        .package(
            url: "https://github.com/HdrHistogram/hdrhistogram-swift",
            .upToNextMinor(from: "0.2.0")),
    ],
    targets: [
        .target(
            name: "CPeers",
            cSettings: Peer.present.map { .define("CAIRN_PEER_\($0.name)") },
            linkerSettings: Peer.present.map { .linkedLibrary($0.library) }),
        .target(name: "BenchData", swiftSettings: settings),
        .executableTarget(
            name: "CairnBench",
            dependencies: [
                "BenchData", "CPeers",
                .product(name: "Cairn", package: "cairn"),
                .product(name: "CairnStore", package: "cairn"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "BenchDataTests", dependencies: ["BenchData"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
