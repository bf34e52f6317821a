import CairnFiles
import CairnSimulation
import CairnStore

/// One life of the writer: how it opens the store, what it writes, and how it is to end. All of it
/// but the kills from outside follows from the seed.
struct WriterLife: Sendable {
    /// How it ends.
    enum End: Sendable {
        /// Killed from outside, so long after it begins to open.
        case whileOpening(after: Duration)
        /// Killed from outside, so long after it is open.
        case whileWriting(after: Duration)
        /// Kills itself in a call of the file system, counted from 1 among all calls or among those
        /// of one kind.
        case atCall(Int, of: FileError.Operation?, KillMoment)
        /// Kills itself in the middle of the first write that is larger than a frame.
        case inLargeWrite
    }

    /// The calls that change something, which are the ones that a kill must not split.
    private static let changes: [FileError.Operation] = [
        .open, .write, .synchronize, .truncate, .preallocate, .rename, .remove,
        .synchronizeDirectory,
    ]

    let seed: UInt64
    let settings: StoreSettings
    /// It closes the store after so many steps.
    let stepCount: Int
    let end: End

    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        self.seed = seed
        var settings = StoreSettings()
        // The last is large enough for batches that span frames.
        settings.segmentByteCount =
            [8, 8, 16, 64, 64, 256, 256, 1024, 1024, 4096][random.below(10)] << 10
        settings.compression = [.always, .never, .whenBusy][random.below(3)]
        settings.idlePromiseDelay = .milliseconds([0, 1, 5, 20][random.below(4)])
        settings.checkpointByteCount = [4 << 10, 64 << 10, 64 << 20][random.below(3)]
        settings.cacheByteCount = [0, 64 << 10, 64 << 20][random.below(3)]
        self.settings = settings
        stepCount = random.oneIn(3) ? 1 + random.below(20) : 100_000
        let spansFrames = settings.segmentByteCount == 4 << 20 && random.oneIn(2)
        switch spansFrames ? 8 : random.below(8) {
        case 8: end = .inLargeWrite
        case 0: end = .whileOpening(after: .microseconds(random.below(4000)))
        case 1, 2, 3: end = .whileWriting(after: .microseconds(Self.short(&random)))
        case 4: end = .atCall(1 + random.below(60), of: nil, Self.moment(&random))
        case 5: end = .atCall(1 + random.below(200), of: nil, Self.moment(&random))
        default:
            let kind = Self.changes[random.below(Self.changes.count)]
            end = .atCall(1 + random.below(10), of: kind, Self.moment(&random))
        }
    }

    /// Microseconds: up to 50 ms, most often a few, because a kill early costs less than one late.
    private static func short(_ random: inout SeededRandom) -> Int {
        let part = random.below(368)
        return part * part * part / 1000
    }

    private static func moment(_ random: inout SeededRandom) -> KillMoment {
        KillMoment.allCases[random.below(3)]
    }

    var workload: Workload {
        Workload(seed: ~seed, segmentByteCount: settings.segmentByteCount)
    }

    /// How long it may write at most before it is killed from outside whatever its end was to be.
    var writingLimit: Duration {
        if case .whileWriting(let limit) = end { limit } else { .milliseconds(30) }
    }

    /// How long opening may take before it is killed; `nil` when it is not to be.
    var openingLimit: Duration? {
        if case .whileOpening(let limit) = end { limit } else { nil }
    }
}
