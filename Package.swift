// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: see Docs/ARCHITECTURE.md, "House rules".
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "cairn",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "CairnStore", targets: ["CairnStore"]),
        .library(name: "CairnKV", targets: ["CairnKV"]),
        .library(name: "CairnObjects", targets: ["CairnObjects"]),
        .executable(name: "cairn", targets: ["CairnCLI"]),
    ],
    dependencies: [
        .package(
            url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(
            url: "https://github.com/apple/swift-collections", .upToNextMinor(from: "1.6.0")),
        .package(url: "https://github.com/apple/swift-crypto", .upToNextMinor(from: "4.5.2")),
        .package(url: "https://github.com/apple/swift-http-types", .upToNextMinor(from: "1.8.0")),
    ],
    targets: [
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CPlatform"),
        .target(
            name: "CairnPlatform", dependencies: ["CPlatform"], swiftSettings: settings),
        .target(
            name: "CairnFiles", dependencies: ["CPlatform", "CairnPlatform"],
            swiftSettings: settings),
        .target(
            name: "CairnStore", dependencies: ["CZlib", "CairnFiles", "CairnPlatform"],
            swiftSettings: settings),
        .target(
            name: "CairnKV", dependencies: ["CairnPlatform", "CairnStore"], swiftSettings: settings),
        .target(
            name: "CairnHTTP",
            dependencies: [
                "CairnPlatform",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .target(
            name: "CairnObjects",
            dependencies: [
                "CairnHTTP", "CairnPlatform", "CairnStore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "CairnCLI",
            dependencies: [
                "CairnStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .target(
            name: "CairnTestSupport", dependencies: ["CairnFiles", "CairnPlatform"],
            path: "Tests/CairnTestSupport", swiftSettings: settings),
        .testTarget(
            name: "CairnPlatformTests", dependencies: ["CairnPlatform"], swiftSettings: settings),
        .testTarget(
            name: "CairnFilesTests", dependencies: ["CairnFiles", "CairnTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CairnStoreTests",
            dependencies: [
                "CairnFiles", "CairnPlatform", "CairnStore", "CairnTestSupport", "CrashWriter",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CairnKVTests", dependencies: ["CairnKV", "CairnStore", "CairnTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CairnHTTPTests", dependencies: ["CairnHTTP"], swiftSettings: settings),
        .testTarget(
            name: "CairnObjectsTests",
            dependencies: [
                "CairnFiles", "CairnHTTP", "CairnKV", "CairnObjects", "CairnPlatform", "CairnStore",
                "CairnTestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CairnCLITests",
            dependencies: ["CairnCLI", "CairnStore", "CairnTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "TidyTests", swiftSettings: settings),
        .executableTarget(
            name: "CrashWriter", dependencies: ["CairnStore"], path: "Tests/CrashWriter",
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
