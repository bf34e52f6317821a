import CairnStore
import Foundation

/// All that the benchmarks know of how the store opens and what it keeps in memory, in one place.
enum StoreProbe {
    /// How an open finds out what is there.
    enum Path: String, Codable, CaseIterable, Sendable {
        /// From the index as it was written down.
        case checkpoint
        /// From the lists of keys that sealed segments have.
        case footers
        /// By reading all records.
        case scan

        /// Files that must be gone so that nothing better than this path is left.
        func removes(_ name: String) -> Bool {
            switch self {
            case .checkpoint: false
            case .footers: name == "CHECKPOINT"
            case .scan: name == "CHECKPOINT" || name.hasSuffix(".keys")
            }
        }
    }

    /// The paths this version can be made to take.
    static let paths: [Path] = [.checkpoint, .footers, .scan]

    /// Settings with a cache of this size.
    static func settings(cacheByteCount: Int) -> StoreSettings {
        var settings = StoreSettings()
        settings.cacheByteCount = cacheByteCount
        return settings
    }

    /// How `store` was opened.
    static func path(of store: Store) -> Path {
        switch store.opening.path {
        case .checkpoint: .checkpoint
        case .footers: .footers
        case .scan: .scan
        }
    }

    /// Bytes the index takes, as the store counts them, once all of it is in memory.
    static func indexByteCount(of store: Store) throws -> Int? {
        while true {
            let metrics = try store.metrics()
            if metrics.isIndexLoaded { return metrics.indexByteCount }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
}
