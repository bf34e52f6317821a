// swift-tools-version: 6.2
import PackageDescription

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
        .executableTarget(
            name: "CairnBench",
            dependencies: [
                .product(name: "Cairn", package: "cairn"),
                .product(name: "CairnStore", package: "cairn"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .strictMemorySafety(),
                .treatAllWarnings(as: .error),
            ])
    ],
    swiftLanguageModes: [.v6]
)
