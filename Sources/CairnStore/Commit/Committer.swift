import CairnFiles
import CairnPlatform

/// The one writer of the log: takes what has been committed, writes it as frames, syncs once for
/// everybody who waits, and says how far the log is safe.
///
/// There is no delay by design: while one sync runs, commits gather in the next frame. Only what
/// must be on the platter is synced; `.buffered` commits are handed to the operating system.
///
/// A failed write or sync poisons the store at once: what is on disk is unknown, a second sync that
/// succeeds would prove nothing (Linux marks the pages clean after the first), so it is never tried.
///
/// Not thread-safe: one loop owns the value and calls `step`.
struct Committer {
    /// What to do next, decided under the log's lock.
    private struct Work {
        /// All that is pending, in order.
        var frames: [Frame]
        /// Where the log goes on behind them.
        var active: Segment
        /// The newest sequence given so far: written once `frames` are.
        var lastSequence: UInt64
        var needsSync: Bool
        var isStopping: Bool
    }

    private let log: Log
    private let clock: any WallClock
    private let epoch: UInt32
    private let idlePromiseDelay: Duration
    /// How far the log has been written.
    private(set) var position: LogPosition
    /// What the last header written promised.
    private var promised: UInt64

    init(
        log: Log, clock: any WallClock, epoch: UInt32, idlePromiseDelay: Duration,
        position: LogPosition
    ) {
        self.log = log
        self.clock = clock
        self.epoch = epoch
        self.idlePromiseDelay = idlePromiseDelay
        self.position = position
        // Recovery has synced and recorded all it kept.
        promised = log.progress.durable.rawValue
    }

    /// Does what there is to do; ends when the log has been asked to stop, or is poisoned.
    mutating func step(_ wake: LoopWake) -> LoopStep {
        // Somebody else may have poisoned the log: what is pending will not be written.
        guard log.progress.failure == nil else { return .end }
        guard let work = nextWork(wake) else {
            // Soon after the last commit, write down that it is durable, so that damage to it can be
            // told from a torn tail.
            return .wait(limit: owesPromise ? idlePromiseDelay : nil)
        }
        do throws(FileError) {
            try write(work)
            return work.isStopping ? .end : .again
        } catch {
            if PlantedBug.goOnAfterFailure.isPlanted {
                log.progress.advanceDurable(to: work.lastSequence)
                return work.isStopping ? .end : .wait(limit: nil)
            }
            log.poison(.poisoned(by: StoreError(error, while: "cannot write the log")))
            return .end
        }
    }

    /// Whether something is durable that no frame says so of.
    var owesPromise: Bool { log.progress.durable.rawValue > promised }

    /// What is to be done now, or `nil` when nothing is.
    private func nextWork(_ wake: LoopWake) -> Work? {
        let durable = log.progress.durable.rawValue
        return log.state.withLock { state in
            let isReady =
                state.writeWanted || state.syncWanted > durable || state.isStopping
            let isIdle =
                !isReady && wake == .timedOut && durable > promised && state.refusal == nil
            guard isReady || isIdle else { return nil }
            if isIdle && !state.hasFrames { state.appendPromise() }
            return Work(
                frames: state.takeFrames(), active: state.active,
                lastSequence: state.nextSequence - 1,
                needsSync: state.syncWanted > durable || isIdle || state.isStopping,
                isStopping: state.isStopping)
        }
    }

    private mutating func write(_ work: Work) throws(FileError) {
        var written = 0
        while written < work.frames.count {
            let run = Self.run(in: work.frames, from: written)
            try write(work.frames[run])
            written = run.upperBound
            let last = work.frames[run.upperBound - 1]
            last.segment.advanceWrittenEnd(to: last.end)
            log.state.withLock { $0.dropWritten(run.count, to: position) }
            log.state.wakeWaiters()
            if last.kind == .seal {
                // A frame in the next segment says that this one is complete and durable.
                if !PlantedBug.sealWithoutSync.isPlanted { try synchronize(last.segment) }
                try last.segment.truncate(to: last.end)
                log.progress.advanceDurable(to: last.lastSequence)
            } else {
                log.progress.advanceWritten(to: last.lastSequence)
            }
        }
        guard work.needsSync else { return }
        if PlantedBug.acknowledgeBeforeSync.isPlanted {
            log.progress.advanceDurable(to: work.lastSequence)
        }
        do throws(FileError) {
            try synchronize(work.active)
        } catch {
            guard PlantedBug.retrySync.isPlanted else { throw error }
            try synchronize(work.active)
        }
        log.progress.advanceDurable(to: work.lastSequence)
    }

    /// The frames from `start` on that lie in one segment, up to and with its seal.
    private static func run(in frames: [Frame], from start: Int) -> Range<Int> {
        var end = start + 1
        while end < frames.count, frames[end - 1].kind != .seal { end += 1 }
        return start..<end
    }

    private mutating func write(_ frames: ArraySlice<Frame>) throws(FileError) {
        guard let first = frames.first else { return }
        let durable = log.progress.durable.rawValue
        let now = clock.millisecondsSinceEpoch
        var bytes: [UInt8] = []
        for frame in frames {
            let encoded = frame.encoded(
                previousChecksum: position.chain,
                promisedSequence: PlantedBug.promiseTooEarly.isPlanted
                    ? frame.lastSequence : durable,
                epoch: epoch, wallClock: now)
            // A batch that spans frames moves nothing before its end.
            position = LogPosition(
                segment: frame.segment.identity.number, offset: frame.end,
                headerOffset: frame.offset, chain: encoded.checksum,
                nextSequence: frame.lastSequence + 1)
            bytes = bytes.isEmpty ? encoded.bytes : bytes + encoded.bytes
        }
        try first.segment.write(bytes, at: first.offset)
        log.counters.countWrite(frames: frames.count, byteCount: bytes.count)
        promised = durable
    }

    private func synchronize(_ segment: Segment) throws(FileError) {
        try log.counters.timeSync { () throws(FileError) in try segment.synchronize() }
    }
}
