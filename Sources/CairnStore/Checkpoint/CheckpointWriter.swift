import CairnFiles
import CairnPlatform

/// Writes a checkpoint of the index beside running commits, a few shards a step.
///
/// States: copying shards → capturing the counts → waiting until all that the shards saw is durable →
/// writing the tables, with a proof of how far the log was → syncing → waiting until the proof is durable →
/// published.
///
/// It is fuzzy: a shard may have seen commits behind `position`, where reading the log goes on after an
/// open. Replaying them over it changes nothing, because a slot only says where a key is now. Counts are
/// taken last; the commits up to then are in them and are not counted again. A writer waits at most for
/// the copy of one shard.
///
/// No sweep of a dropped keyspace may run beside it.
struct CheckpointWriter {
    enum State: Hashable {
        case copying(next: Int)
        case capturing
        case waitingForCounted
        case writingTables
        case syncing
        case waitingForProof
        case published
    }

    /// What to do after a step.
    enum Event: Hashable {
        case again
        /// Wait until this commit is durable.
        case wait(UInt64)
        case done
    }

    /// Shards a step copies and writes: some 2.5 MB at ten million keys.
    private static let shardsPerStep = 64

    private let header: CheckpointHeader
    private let position: LogPosition
    private let file: DerivedFile
    private(set) var state = State.copying(next: 0)
    private(set) var byteCount = 0
    private var tables = CheckpointTables()
    private var counted: UInt64 = 0
    private var proof: LogPosition
    /// Only where a bug is planted.
    private var early: (tables: CheckpointTables, counted: UInt64)?

    /// - Parameter position: how far the log has been written.
    init(
        _ store: StoreID, position: LogPosition, salt: UInt64, in directory: String,
        _ fileSystem: any FileSystem
    ) throws(FileError) {
        header = CheckpointHeader(
            store: store, nextSequence: position.nextSequence, salt: salt)
        self.position = position
        proof = position
        file = try DerivedFile(CheckpointFile.fileName, in: directory, fileSystem)
        try write(header.encoded())
    }

    /// Does the next bounded piece of work.
    /// - Parameters:
    ///   - durable: everything up to this commit is durable.
    ///   - written: how far the log has been written.
    ///   - capture: the tables without the shards, and the newest commit that is in them.
    mutating func step(
        _ index: StoreIndex, durable: UInt64, written: LogPosition,
        capture: () -> (tables: CheckpointTables, counted: UInt64)
    ) throws(StoreError) -> Event {
        switch state {
        case .copying(let next):
            if next == 0 && PlantedBug.captureBeforeShards.isPlanted { early = capture() }
            try copy(index, from: next)
        case .capturing:
            let captured = early ?? capture()
            let shards = tables.shards
            tables = captured.tables
            tables.shards = shards
            counted = captured.counted
            state = .waitingForCounted
        case .waitingForCounted:
            guard durable >= counted || PlantedBug.publishCheckpointEarly.isPlanted else {
                return .wait(counted)
            }
            state = .writingTables
        case .writingTables:
            // All that the shards saw lies before it.
            proof = written
            try naming("cannot write a checkpoint") { () throws(FileError) in try writeTables() }
            state = .syncing
        case .syncing:
            try naming("cannot write a checkpoint") { () throws(FileError) in
                try file.synchronize()
            }
            state = .waitingForProof
        case .waitingForProof:
            guard durable + 1 >= proof.nextSequence else { return .wait(proof.nextSequence - 1) }
            try naming("cannot write a checkpoint") { () throws(FileError) in
                try file.publish()
            }
            state = .published
            return .done
        case .published: return .done
        }
        return .again
    }

    /// Leaves nothing behind.
    func abandon() {
        if state != .published { file.abandon() }
    }

    private mutating func copy(_ index: StoreIndex, from first: Int) throws(StoreError) {
        let end = min(first + Self.shardsPerStep, IndexTable.shardCount)
        var bytes: [UInt8] = []
        for shard in first..<end {
            try index.loadShard(shard)
            let slots = index.table.copy(shard)
            let encoded = SlotBytes.encode(slots)
            tables.shards.append(
                CheckpointTables.Shard(
                    count: slots.count,
                    checksum: header.identity.checksum(
                        of: encoded, in: 0..<encoded.count, at: byteCount + bytes.count)))
            bytes += encoded
        }
        if !bytes.isEmpty {
            try naming("cannot write a checkpoint") { () throws(FileError) in try write(bytes) }
        }
        state = end == IndexTable.shardCount ? .capturing : .copying(next: end)
    }

    private mutating func writeTables() throws(FileError) {
        let offset = byteCount
        let bytes = tables.encoded()
        let trailer = CheckpointTrailer(
            position: position, proof: proof, countedSequence: counted, tablesOffset: offset,
            tablesByteCount: bytes.count,
            tablesChecksum: header.identity.checksum(
                of: bytes, in: 0..<bytes.count, at: offset))
        try write(bytes + trailer.encoded(in: header.identity, at: offset + bytes.count))
    }

    private mutating func write(_ bytes: [UInt8]) throws(FileError) {
        try file.write(bytes, at: byteCount)
        byteCount += bytes.count
    }
}
