import CairnFiles
import CairnSimulation
import CairnStore

/// What somebody's hand, or a failing medium, does to the files that are derived from the log, while the
/// store is not open. The contents must be the same whatever it is.
enum DerivedChange: Hashable, Sendable {
    case removeCheckpoint
    case removeAllRuns
    /// Each run with even odds.
    case removeSomeRuns(seed: UInt64)
    case removeAll
    /// One bit or one byte, at any offset.
    case damageCheckpoint(seed: UInt64)
    case damageRun(seed: UInt64)
    /// Puts those of the moment that was remembered back, beside a newer log.
    case putBackOlder

    /// Whether what is left is whole and goes with the log, so that it is known how an open uses it.
    var leavesWholeFiles: Bool {
        switch self {
        case .removeCheckpoint, .removeAllRuns, .removeSomeRuns, .removeAll: true
        case .damageCheckpoint, .damageRun, .putBackOlder: false
        }
    }

    static let checkpoint = EngineRun.path + "/CHECKPOINT"
    private static let runSuffix = ".keys"
    /// At least what a checkpoint has behind its shards.
    private static let tablesByteCount = 32 << 10

    static func isRun(_ path: String) -> Bool { path.hasSuffix(runSuffix) }

    static func isDerived(_ path: String) -> Bool { path == checkpoint || isRun(path) }

    /// Does it to the files on `disk`.
    /// - Parameter older: the files of the moment that was remembered.
    func apply(to disk: SimulatedFileSystem, older: [String: [UInt8]]) throws {
        let runs = disk.files.keys.filter(Self.isRun).sorted()
        switch self {
        case .removeCheckpoint: try Self.remove([Self.checkpoint], from: disk)
        case .removeAllRuns: try Self.remove(runs, from: disk)
        case .removeSomeRuns(let seed):
            var random = SeededRandom(seed: seed)
            try Self.remove(runs.filter { _ in random.oneIn(2) }, from: disk)
        case .removeAll:
            try Self.remove(runs + [Self.checkpoint], from: disk)
            // Or a power cut could bring back what has been damaged.
            try disk.synchronizeDirectory(EngineRun.path)
        case .damageCheckpoint(let seed): Self.damage(Self.checkpoint, on: disk, seed)
        case .damageRun(let seed):
            guard !runs.isEmpty else { return }
            Self.damage(runs[Int(seed % UInt64(runs.count))], on: disk, seed)
        case .putBackOlder:
            for (path, bytes) in older.sorted(by: { $0.key < $1.key }) where Self.isDerived(path) {
                try disk.put(bytes, at: path)
            }
        }
    }

    private static func remove(_ paths: [String], from disk: SimulatedFileSystem) throws {
        for path in paths where disk.files[path] != nil { try disk.remove(path) }
    }

    private static func damage(_ path: String, on disk: SimulatedFileSystem, _ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        disk.damage(path) { bytes in
            guard !bytes.isEmpty else { return }
            // What comes first are the shards or the keys; of a small store they are the lesser part.
            let start = min(bytes.count, max(128, bytes.count - Self.tablesByteCount))
            let offset = random.below(random.oneIn(2) ? start : bytes.count)
            bytes[offset] ^= UInt8(random.oneIn(2) ? 1 << random.below(8) : 1 + random.below(255))
        }
    }
}

extension SimulatedFileSystem {
    /// Makes `bytes` what is at `path`, whatever was there.
    func put(_ bytes: [UInt8], at path: String) throws {
        if files[path] == nil { try close(try open(path, .create)) }
        damage(path) { $0 = bytes }
    }
}
