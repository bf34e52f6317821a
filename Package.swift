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
        .library(name: "Cairn", targets: ["Cairn"]),
        .library(name: "CairnSimulation", targets: ["CairnSimulation"]),
        .executable(name: "cairn", targets: ["CairnCLI"]),
        .executable(name: "RoomBroadcast", targets: ["RoomBroadcast"]),
    ],
    traits: [
        .trait(
            name: "PlantedBugs",
            description: "Lets tests plant known bugs, to prove that they are found.")
    ],
    dependencies: [
        .package(
            url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(
            url: "https://github.com/apple/swift-collections", .upToNextMinor(from: "1.6.0")),
        .package(url: "https://github.com/apple/swift-crypto", .upToNextMinor(from: "4.5.2")),
        .package(url: "https://github.com/apple/swift-http-types", .upToNextMinor(from: "1.8.0")),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
        .package(url: "https://github.com/apple/swift-nio", .upToNextMinor(from: "2.101.2")),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle",
            .upToNextMinor(from: "2.13.0")),
        .package(url: "https://github.com/LebJe/TOMLKit", .upToNextMinor(from: "0.6.0")),
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
        .target(
            name: "CairnSimulation",
            dependencies: [
                "CairnFiles", "CairnObjects", "CairnPlatform", "CairnStore",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "CairnServer",
            dependencies: [
                "CairnHTTP", "CairnKV", "CairnObjects", "CairnPlatform", "CairnStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "TOMLKit", package: "TOMLKit"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "Cairn",
            dependencies: [
                "CairnHTTP", "CairnKV", "CairnObjects", "CairnServer",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "RoomBroadcast", dependencies: ["Cairn"],
            path: "Sources/Examples/RoomBroadcast", exclude: ["wrangler.toml"],
            swiftSettings: settings),
        .executableTarget(
            name: "CairnCLI",
            dependencies: [
                "CairnKV", "CairnServer", "CairnStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .target(
            name: "CairnTestSupport", dependencies: ["CairnFiles", "CairnPlatform"],
            path: "Tests/CairnTestSupport", swiftSettings: settings),
        .target(
            name: "CairnInstruments",
            dependencies: [
                "CairnFiles", "CairnHTTP", "CairnKV", "CairnObjects", "CairnPlatform",
                "CairnSimulation", "CairnStore", "CairnTestSupport",
            ],
            path: "Tests/Instruments", swiftSettings: settings),
        .executableTarget(
            name: "CrashCampaign",
            dependencies: [
                "CairnInstruments", "CairnPlatform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/CrashCampaign", swiftSettings: settings),
        .testTarget(
            name: "CairnPlatformTests", dependencies: ["CairnPlatform"], swiftSettings: settings),
        .testTarget(
            name: "CairnFilesTests", dependencies: ["CairnFiles", "CairnTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CairnStoreTests",
            dependencies: [
                "CairnFiles", "CairnInstruments", "CairnPlatform", "CairnSimulation", "CairnStore",
                "CairnTestSupport", "CrashCampaign",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CairnSimulationTests",
            dependencies: [
                "CairnFiles", "CairnInstruments", "CairnObjects", "CairnSimulation", "CairnStore",
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
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CairnServerTests",
            dependencies: [
                "Cairn", "CairnFiles", "CairnHTTP", "CairnPlatform", "CairnServer", "CairnStore",
                "CairnTestSupport", "RoomBroadcast", "Seed",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Seed", dependencies: ["Cairn"], path: "Tests/Seed", exclude: ["wrangler.toml"],
            swiftSettings: settings),
        .testTarget(
            name: "CairnCLITests",
            dependencies: ["CairnCLI", "CairnStore", "CairnTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "TidyTests", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
