public import CairnFiles
public import CairnPlatform

/// The parts of the outside world that a store touches. A simulation passes its own.
public struct StoreComponents: Sendable {
    /// The disk.
    public var fileSystem: any FileSystem
    /// The time of day, for expiry.
    public var clock: any WallClock
    /// What durations are measured with, for `Store.metrics()`.
    public var monotonicClock: any MonotonicClock
    /// Unpredictable numbers, for identities and salts.
    public var random: any RandomSource
    /// What runs the committer and the preparer of segments.
    public var loops: any LoopProvider

    /// Collects the parts; by default the operating system's.
    public init(
        fileSystem: any FileSystem = PosixFileSystem(),
        clock: any WallClock = SystemWallClock(),
        monotonicClock: any MonotonicClock = SystemMonotonicClock(),
        random: any RandomSource = SystemRandomSource(),
        loops: any LoopProvider = ThreadLoops()
    ) {
        self.fileSystem = fileSystem
        self.clock = clock
        self.monotonicClock = monotonicClock
        self.random = random
        self.loops = loops
    }
}
