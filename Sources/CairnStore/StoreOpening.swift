/// How a store came to know its keys when it was opened.
public struct StoreOpening: Sendable, Hashable {
    /// Where the index came from. Each gives the same; they differ in time.
    public enum Path: String, Sendable, Hashable {
        /// A checkpoint of the index, and the log behind it.
        case checkpoint
        /// The sorted key footers, and the log behind them.
        case footers
        /// The whole log.
        case scan
    }

    /// Where the index came from.
    public internal(set) var path: Path
    /// Why a faster way was not taken, where one had been prepared: what was missing or damaged.
    public internal(set) var reason: String?
    /// Bytes of the log that were read.
    public internal(set) var replayedByteCount = 0
}

/// How far an open has come: shown by those who open stores that may take long.
public struct StoreOpeningProgress: Sendable, Hashable {
    /// What it is doing.
    public enum Phase: String, Sendable, Hashable {
        /// Reading key footers.
        case footers
        /// Reading the log.
        case log
    }

    /// What it is doing.
    public let phase: Phase
    /// Bytes done, of this phase.
    public let byteCount: Int
    /// Bytes to do, of this phase: an upper bound.
    public let totalByteCount: Int
}
