import CairnStore
import CairnTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A store in a directory of its own, small enough that everything happens in a few commits.
struct TestStore {
    let directory: TemporaryDirectory
    let clock = ManualClock()
    let disk: FaultyFileSystem
    var settings = StoreSettings()

    init() throws {
        directory = try TemporaryDirectory("store")
        disk = FaultyFileSystem()
        settings.segmentByteCount = 64 << 10
        settings.compression = .always
    }

    var path: String { directory.path }

    func open() throws -> Store {
        try Store.open(
            at: path, settings: settings,
            components: StoreComponents(fileSystem: disk, clock: clock))
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Bytes that deflate cannot shorten, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

/// Lets other threads run: for waiting on something that no event announces.
func yieldThread() { _ = sched_yield() }
