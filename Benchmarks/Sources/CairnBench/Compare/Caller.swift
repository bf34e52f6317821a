import BenchData

/// One thread's part of a workload.
///
/// Of `lanes` callers each has the positions that leave its number as remainder, so that no two
/// write one key where the version of a key matters.
final class Caller {
    let session: any EngineSession
    let data: DataSet
    let lane: Int
    let lanes: Int
    var tally: Tally
    var random: RandomNumbers
    var key: [UInt8]
    var value: [UInt8]
    let buffer: ScanBuffer
    /// How far a fill or the deletes have come.
    var position = 0
    /// The newest version of each key of this lane, while it overwrites.
    var versions: [UInt16] = []

    init(
        _ session: any EngineSession, _ data: DataSet, lane: Int, of lanes: Int, seed: Int,
        _ tally: Tally
    ) {
        self.session = session
        self.data = data
        self.lane = lane
        self.lanes = lanes
        self.tally = tally
        random = RandomNumbers(seed: UInt64(seed) << 32 | UInt64(lane))
        key = data.keys.key(0)
        value = data.values.value(0, version: 0)
        let entryByteCount = 8 + data.keys.byteCount + data.values.byteCount
        buffer = ScanBuffer(capacity: entryByteCount * (Workload.groupCount + 1))
    }

    /// The positions out of `count` that are this caller's.
    func share(of count: Int) -> Int { (count - lane + lanes - 1) / lanes }

    /// Repeats the workload's operation, at least once, until it is through or the time is up.
    /// - Returns: whether it was through; what has no end never is.
    func run(_ workload: Workload, seconds: Double) throws -> Bool {
        if workload == .overwrite, versions.isEmpty {
            versions = Array(repeating: 1, count: share(of: data.count))
        }
        let end = operationCount(workload)
        let deadline = Tally.now + UInt64(seconds * 1e9)
        repeat {
            try step(workload)
            if tally.operations == end { return true }
        } while Tally.now < deadline
        return false
    }

    private func operationCount(_ workload: Workload) -> Int? {
        switch workload {
        case .fillseq, .fillrandom, .overwrite: share(of: data.count)
        case .deleterandom: share(of: data.count / 2)
        default: nil
        }
    }

    private func step(_ workload: Workload) throws {
        switch workload {
        case .fillseq: try putNext { $0 }
        case .fillrandom: try putNext { self.data.fillOrder[$0] }
        case .readrandom: try read(random.next(below: data.count))
        case .readzipf: try read(data.scatter[data.zipf?.draw(&random) ?? 0])
        case .readmissing: try readAbsent(random.next(below: data.count))
        case .seek: try seek(random.next(below: data.count - 10))
        case .list100: try list(random.next(below: data.count / Workload.groupCount))
        case .overwrite: try overwrite(random.next(below: versions.count))
        case .deleterandom: try deleteNext()
        case .durableput: try putAny(random.next(below: data.count))
        case .durablebatch: try commitAny()
        case .reopen: preconditionFailure("an open is not a step of an open engine")
        }
    }
}
