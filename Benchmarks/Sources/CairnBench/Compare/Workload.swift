/// What engines are asked to do.
enum Workload: String, Codable, CaseIterable, Sendable {
    case fillseq, fillrandom, reopen
    case readrandom, readzipf, readmissing, seek, list100
    case overwrite
    case durableput, durablebatch
    case deleterandom

    /// What runs in one process, one after another on one open engine. Stages run in their order.
    enum Stage: Int, Codable, CaseIterable, Sendable {
        case fillSequential, fillRandom, reopen, read, overwrite, durable, delete
    }

    var stage: Stage {
        switch self {
        case .fillseq: .fillSequential
        case .fillrandom: .fillRandom
        case .reopen: .reopen
        case .readrandom, .readzipf, .readmissing, .seek, .list100: .read
        case .overwrite: .overwrite
        case .durableput, .durablebatch: .durable
        case .deleterandom: .delete
        }
    }

    /// Whether it needs keys in order.
    var needsOrder: Bool { self == .seek || self == .list100 }

    /// Whether the run ends with the keys; otherwise it ends with the time.
    var isFinite: Bool { stage != .read && stage != .durable && stage != .reopen }

    /// How many keys one operation of `durablebatch` puts, and `list100` reads.
    static let groupCount = 100
}

/// A workload with the number of threads that do it at once.
struct Job: Codable, Hashable, Sendable {
    let workload: Workload
    let callers: Int

    /// What a row of the table is called.
    var name: String {
        workload == .durableput ? "\(workload.rawValue) \(callers)" : workload.rawValue
    }
}
