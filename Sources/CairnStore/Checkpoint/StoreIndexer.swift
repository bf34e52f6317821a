import CairnFiles
import CairnPlatform

/// The loop beside the commits that keeps what is derived from the log in good order: sorts and merges keys,
/// writes checkpoints, sweeps dropped keyspaces, loads what an open has left unloaded.
///
/// Each step is bounded. Keys come first, because listings pay for unsorted ones; then the checkpoint, for
/// which the log grows until it is there; then sweeping, never beside a checkpoint; then loading.
///
/// What fails here harms nothing: it is tried again later, and the log is the truth.
///
/// One loop owns the value and calls `step`; a clean close takes it over and calls `finish`.
struct StoreIndexer {
    private let index: StoreIndex
    private let log: Log
    private let directory: String
    private let fileSystem: any FileSystem
    private let checkpointByteCount: Int
    private var compactor: KeyCompactor
    private var checkpoint: CheckpointWriter?
    /// Bytes of records when the last checkpoint was begun, or found.
    private var checkpointedAt: Int
    /// The last checkpoint's length.
    private var checkpointLength: Int
    private var sweep: KeyspaceSweep?
    private var nextShard = 0

    /// - Parameters:
    ///   - checkpointByteCount: a checkpoint is written after so much log, or after as much as its own length.
    ///   - found: the record bytes that the checkpoint that was found knew, and its length; 0 without one.
    init(
        _ index: StoreIndex, _ log: Log, in directory: String, _ fileSystem: any FileSystem,
        checkpointByteCount: Int, found: (recordByteCount: Int, byteCount: Int)
    ) {
        self.index = index
        self.log = log
        self.directory = directory
        self.fileSystem = fileSystem
        self.checkpointByteCount = checkpointByteCount
        compactor = KeyCompactor(index.keys, in: directory, fileSystem)
        checkpointedAt = found.recordByteCount
        checkpointLength = found.byteCount
    }

    /// Does the next bounded piece of work.
    mutating func step(wake: any BackgroundLoop) -> LoopStep {
        let isStopping = log.state.withLock { $0.isStopping }
        guard !isStopping else { return .end }
        let isHealthy = log.progress.failure == nil
        switch advance(flush: false, filesAllowed: isHealthy) {
        case .again:
            // Commits may wait for it.
            log.state.wakeWaiters()
            return .again
        case .wait(let sequence):
            log.progress.whenDurable(sequence) { wake.wake() }
            return .wait(limit: nil)
        case .idle: return .wait(limit: nil)
        }
    }

    /// Puts everything into files, once nobody commits any more and all is durable.
    /// - Parameter position: where the log ends.
    mutating func finish(at position: LogPosition) {
        let unwritten = index.keys.unwrittenByteCount
        let sinceCheckpoint = recordByteCount - checkpointedAt
        let isWorthIt = checkpointByteCount / 512
        if unwritten > isWorthIt {
            index.keys.freeze(at: position)
            flush()
        }
        if sinceCheckpoint > isWorthIt || checkpoint != nil {
            checkpoint?.abandon()
            checkpoint = nil
            beginCheckpoint()
            var isDone = checkpoint == nil
            while !isDone {
                if case .again = advanceCheckpoint() { continue }
                isDone = true
            }
        }
        abandon()
    }

    /// Takes away what is half done.
    mutating func abandon() {
        compactor.abandon()
        checkpoint?.abandon()
        checkpoint = nil
    }

    private var written: LogPosition { log.state.withLock { $0.written } }

    private mutating func flush() {
        while index.keys.parts.contains(where: { $0.file == nil }) {
            let event = compactor.step(
                durable: log.progress.durable.rawValue, written: written, flush: true,
                filesAllowed: true)
            guard case .again = event else { return }
        }
    }

    private mutating func advance(flush: Bool, filesAllowed: Bool) -> KeyCompactor.Event {
        let durable = log.progress.durable.rawValue
        var waitsFor: UInt64?
        switch compactor.step(
            durable: durable, written: written, flush: flush, filesAllowed: filesAllowed)
        {
        case .again: return .again
        case .wait(let sequence): waitsFor = sequence
        case .idle: break
        }
        if filesAllowed {
            if checkpoint == nil && isCheckpointDue { beginCheckpoint() }
            switch advanceCheckpoint() {
            case .again: return .again
            case .wait(let sequence): waitsFor = max(waitsFor ?? 0, sequence)
            case .idle: break
            }
        }
        if checkpoint == nil, sweepOne() { return .again }
        if loadOne() { return .again }
        return waitsFor.map { .wait($0) } ?? .idle
    }

    // MARK: Checkpoints

    private var recordByteCount: Int {
        index.withAccounts { $0.usage.reduce(0) { $0 + $1.recordByteCount } }
    }

    private var isCheckpointDue: Bool {
        recordByteCount - checkpointedAt >= max(checkpointByteCount, checkpointLength)
    }

    private mutating func beginCheckpoint() {
        checkpointedAt = recordByteCount
        checkpoint = try? CheckpointWriter(
            index.keys.store, position: written, salt: index.keys.salt(), in: directory,
            fileSystem)
    }

    private mutating func advanceCheckpoint() -> KeyCompactor.Event {
        guard var writer = checkpoint else { return .idle }
        do throws(StoreError) {
            let event = try writer.step(
                index, durable: log.progress.durable.rawValue,
                written: written, capture: capture)
            checkpoint = writer
            switch event {
            case .again: return .again
            case .wait(let sequence): return .wait(sequence)
            case .done:
                checkpointLength = writer.byteCount
                checkpoint = nil
                return .again
            }
        } catch {
            // The next one is due after as much log again.
            writer.abandon()
            checkpoint = nil
            return .again
        }
    }

    private func capture() -> (tables: CheckpointTables, counted: UInt64) {
        // Commits change the accounts under the log's lock: what is seen under it is whole batches.
        log.state.withLock { state in
            (index.withAccounts { CheckpointTables($0) }, state.nextSequence - 1)
        }
    }

    // MARK: Sweeping and loading

    /// Takes some slots of a dropped keyspace out; false when there are none.
    private mutating func sweepOne() -> Bool {
        if sweep == nil {
            guard let number = index.withAccounts({ $0.unswept.first }) else { return false }
            sweep = KeyspaceSweep(number)
        }
        guard var running = sweep else { return false }
        do throws(StoreError) {
            let isDone = try running.step(index)
            sweep = isDone ? nil : running
            return true
        } catch {
            // Tried again when something else has happened.
            sweep = nil
            return false
        }
    }

    /// Loads some shards that nobody has touched yet; false when all are there.
    private mutating func loadOne() -> Bool {
        guard !index.table.isComplete else { return false }
        let end = min(nextShard + 16, IndexTable.shardCount)
        for shard in nextShard..<end {
            do throws(StoreError) { try index.loadShard(shard) } catch { return false }
        }
        nextShard = end == IndexTable.shardCount ? 0 : end
        return true
    }
}

extension CheckpointTables {
    /// The tables of a checkpoint without its shards.
    fileprivate init(_ accounts: StoreAccounts) {
        self.init()
        segments = accounts.usage.map { usage in
            Segment(
                number: usage.segment.identity.number, salt: usage.segment.identity.salt,
                recordByteCount: usage.recordByteCount, liveByteCount: usage.liveByteCount)
        }
        spaces = accounts.spaces
        unswept = accounts.unswept
        nextKeyspace = accounts.nextKeyspace
        lastDropSequence = accounts.lastDropSequence
    }
}
