import CairnFiles
import CairnPlatform

/// The one writer of the log: the loop around `CommitPipeline`, which decides. It takes frames out of the
/// log, encodes and writes them, syncs, cuts, and says how far the log is safe.
///
/// Not thread-safe: one loop owns the value and calls `step`.
struct Committer {
    /// A buffer that grew larger than this is given back.
    private static let bufferByteCountMax = 4 << 20

    private let log: Log
    private let clock: any WallClock
    private let epoch: UInt32
    private let idlePromiseDelay: Duration
    private var pipeline: CommitPipeline
    /// What the pipeline has taken.
    private var frames: [Frame] = []
    /// The segment that the log goes on in behind them.
    private var active: Segment?
    private var buffer = ByteWriter()

    init(
        log: Log, clock: any WallClock, epoch: UInt32, idlePromiseDelay: Duration,
        position: LogPosition
    ) {
        self.log = log
        self.clock = clock
        self.epoch = epoch
        self.idlePromiseDelay = idlePromiseDelay
        pipeline = CommitPipeline(position: position)
    }

    /// Whether something is durable that no frame says so of.
    var owesPromise: Bool { pipeline.owesPromise }

    /// How far the log has been written.
    var position: LogPosition { pipeline.position }

    /// Does what there is to do; ends when the log has been asked to stop, or is poisoned.
    mutating func step(_ wake: LoopWake) -> LoopStep {
        if log.progress.failure == nil { takeFrames(wake) } else { pipeline.abandon() }
        var failure: FileError?
        while true {
            let action = pipeline.next()
            switch action {
            case .again:
                frames = []
                return .again
            case .rest(let owesPromise):
                return .wait(limit: owesPromise ? idlePromiseDelay : nil)
            case .end: return .end
            case .poison:
                guard let failure else { return .end }
                log.poison(.poisoned(by: StoreError(failure, while: "cannot write the log")))
            default:
                do throws(FileError) { try perform(action) } catch {
                    failure = error
                    pipeline.failed()
                }
            }
        }
    }

    private mutating func takeFrames(_ wake: LoopWake) {
        log.state.withLock { state in
            let wants = CommitPipeline.Wants(
                write: state.writeWanted, syncedSequence: state.syncWanted,
                isStopping: state.isStopping, isRefusing: state.refusal != nil)
            let demand = pipeline.demand(wants, wake)
            guard demand != .nothing else { return }
            if demand == .framesOrPromise && !state.hasFrames { state.appendPromise() }
            frames = state.takeFrames()
            active = state.active
            pipeline.take(
                frames.map(\.outline), demand, wants, lastSequence: state.nextSequence - 1)
        }
    }

    private mutating func perform(_ action: CommitPipeline.Action) throws(FileError) {
        switch action {
        case .write(let range, let promise):
            pipeline.wrote(chain: try write(frames[range], promising: promise))
        case .release(let range, let position):
            frames[range.upperBound - 1].segment.advanceWrittenEnd(to: position.offset)
            log.state.withLock { $0.dropWritten(range.count, to: position) }
            log.state.wakeWaiters()
        case .synchronizeSealed(let index):
            if !PlantedBug.sealWithoutSync.isPlanted { try synchronize(frames[index].segment) }
            pipeline.done()
        case .cutSealed(let index):
            try frames[index].segment.truncate(to: frames[index].end)
            pipeline.done()
        case .announceWritten(let sequence): log.progress.advanceWritten(to: sequence)
        case .announceDurable(let sequence): log.progress.advanceDurable(to: sequence)
        case .synchronize:
            try synchronizeActive()
            pipeline.done()
        case .poison, .again, .rest, .end: break
        }
    }

    /// Writes frames with one call; returns the checksum of the last header.
    private mutating func write(
        _ frames: ArraySlice<Frame>, promising promise: UInt64
    ) throws(FileError) -> UInt32 {
        guard let first = frames.first, let last = frames.last else { return position.chain }
        let now = clock.millisecondsSinceEpoch
        var chain = position.chain
        buffer.removeAll(keepingCapacity: Self.bufferByteCountMax)
        buffer.reserveCapacity(last.end - first.offset)
        for frame in frames {
            chain = frame.encode(
                to: &buffer, previousChecksum: chain,
                promisedSequence: PlantedBug.promiseTooEarly.isPlanted
                    ? frame.lastSequence : promise,
                epoch: epoch, wallClock: now)
        }
        try first.segment.write(buffer.bytes, at: first.offset)
        log.counters.countWrite(frames: frames.count, byteCount: buffer.count)
        return chain
    }

    private func synchronizeActive() throws(FileError) {
        guard let active else { return }
        if PlantedBug.acknowledgeBeforeSync.isPlanted {
            log.progress.advanceDurable(to: pipeline.takenSequence)
        }
        do throws(FileError) {
            try synchronize(active)
        } catch {
            guard PlantedBug.retrySync.isPlanted else { throw error }
            try synchronize(active)
        }
    }

    private func synchronize(_ segment: Segment) throws(FileError) {
        try log.counters.timeSync { () throws(FileError) in try segment.synchronize() }
    }
}

extension Frame {
    /// What the pipeline has to know of the frame.
    fileprivate var outline: CommitPipeline.Outline {
        CommitPipeline.Outline(
            kind: kind, segment: segment.identity.number, offset: offset, end: end,
            lastSequence: lastSequence)
    }
}
