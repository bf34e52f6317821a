import CairnPlatform

/// Decides what the committer does next: what it writes, syncs and cuts off, what the headers promise, and
/// what it announces.
///
/// There is no delay by design: while one sync runs, commits gather in the next frame. Only what
/// must be on the platter is synced; `.buffered` commits are handed to the operating system.
///
/// | state | asks for | next |
/// |---|---|---|
/// | `idle` | `.rest`, with a limit while a promise is owed | when there is something to do, `working` |
/// | `working` | nothing | `writing` frames up to a seal; `syncing`; `idle`; `ended` |
/// | `writing` | `.write` of frames that lie in one segment, one call | `releasing` |
/// | `releasing` | `.release` what has been written | `announcing`; behind a seal `sealing` |
/// | `sealing` | `.synchronizeSealed`: a frame in the next segment says that this one is durable | `cutting` |
/// | `cutting` | `.cutSealed`: its reserved space is given back | `announcing` |
/// | `announcing` | `.announceWritten`; behind a seal or a sync `.announceDurable` | `working` |
/// | `syncing` | `.synchronize` the active segment, once for everybody who waits | `announcing` |
/// | `failed` | `.poison` | `ended` |
/// | `ended` | `.end` | — |
///
/// A failed write or sync poisons the store at once: what is on disk is unknown, a second sync that
/// succeeds would prove nothing (Linux marks the pages clean after the first), so it is never tried.
///
/// Promising is work like any other: soon after the last commit it writes down, in a frame of its own, that
/// this is durable, so that damage to it can be told from a torn tail.
///
/// A pure value: `next` says what is wanted; `wrote`, `done` and `failed` say what became of a call.
/// Frames are known by their index in what was taken. Whoever drives it does the I/O: `Committer`.
struct CommitPipeline {
    /// What the end of the log asks for, as seen under its lock.
    struct Wants {
        /// Something pending must reach the operating system.
        var write: Bool
        /// Everything up to here must reach the platter.
        var syncedSequence: UInt64
        /// What is pending is to be finished, and then nothing more.
        var isStopping: Bool
        /// No more commits are taken.
        var isRefusing: Bool
    }

    /// A frame as far as it matters here.
    struct Outline: Hashable {
        var kind: FrameHeader.Kind
        var segment: UInt64
        var offset: Int
        /// Where the next frame starts.
        var end: Int
        /// The newest sequence it completes.
        var lastSequence: UInt64
    }

    /// What to take out of the log.
    enum Demand: Hashable {
        case nothing
        /// What is pending.
        case frames
        /// What is pending; if nothing is, a frame that promises.
        case framesOrPromise
    }

    /// What is wanted next.
    enum Action: Hashable {
        /// Write these frames with one call, under headers that promise so much: answered by `wrote`.
        case write(Range<Int>, promising: UInt64)
        /// Forget these frames: reads find them in the file from now on.
        case release(Range<Int>, LogPosition)
        /// Make the segment that this frame seals durable: answered by `done`.
        case synchronizeSealed(Int)
        /// Cut the segment off behind this frame, which seals it: answered by `done`.
        case cutSealed(Int)
        case announceWritten(UInt64)
        case announceDurable(UInt64)
        /// Make the active segment durable: answered by `done`.
        case synchronize
        /// Nothing will be acknowledged any more.
        case poison
        /// Look again: there may be more.
        case again
        /// Sleep until somebody calls.
        case rest(owesPromise: Bool)
        case end
    }

    private enum State: Hashable {
        case idle
        /// The first frames, as many, are done with.
        case working(Int)
        case writing(Range<Int>)
        case releasing(Range<Int>)
        case sealing(Range<Int>)
        case cutting(Range<Int>)
        case announcing(Action, done: Int)
        case syncing
        case failed
        case ended
    }

    /// What has been taken and is to be done.
    private struct Work {
        var frames: [Outline] = []
        /// The newest sequence given so far: written once the frames are.
        var lastSequence: UInt64 = 0
        var needsSync = false
        var isStopping = false
    }

    private var state = State.idle
    private var work = Work()
    /// Everything up to here is on the platter.
    private(set) var durable: UInt64
    /// What the last header written promised.
    private var promised: UInt64
    /// How far the log has been written.
    private(set) var position: LogPosition

    /// Begins at the end of a log that is durable, and says so.
    init(position: LogPosition) {
        self.position = position
        durable = position.nextSequence - 1
        promised = durable
    }

    /// Whether something is durable that no frame says so of.
    var owesPromise: Bool { durable > promised }

    /// The newest sequence that had been given when frames were taken.
    var takenSequence: UInt64 { work.lastSequence }

    /// What is to be taken out of the log now: answered by `take` unless it is nothing.
    func demand(_ wants: Wants, _ wake: LoopWake) -> Demand {
        if wants.write || wants.syncedSequence > durable || wants.isStopping { return .frames }
        let isIdle = wake == .timedOut && durable > promised && !wants.isRefusing
        return isIdle ? .framesOrPromise : .nothing
    }

    /// Takes what `demand` asked for.
    /// - Parameter lastSequence: the newest that has been given.
    mutating func take(
        _ frames: [Outline], _ demand: Demand, _ wants: Wants, lastSequence: UInt64
    ) {
        precondition(state == .idle, "frames were taken while others are being written")
        work = Work(
            frames: frames, lastSequence: lastSequence,
            needsSync: wants.syncedSequence > durable || wants.isStopping
                || demand == .framesOrPromise,
            isStopping: wants.isStopping)
        state = .working(0)
    }

    /// What is wanted next. The same again while it has not been answered.
    mutating func next() -> Action {
        while true {
            switch state {
            case .idle: return .rest(owesPromise: owesPromise)
            case .working(let count):
                if let action = goOn(behind: count) { return action }
            case .writing(let frames): return .write(frames, promising: durable)
            case .releasing(let frames):
                let last = work.frames[frames.upperBound - 1]
                state =
                    last.kind == .seal
                    ? .sealing(frames)
                    : .announcing(.announceWritten(last.lastSequence), done: frames.upperBound)
                return .release(frames, position)
            case .sealing(let frames): return .synchronizeSealed(frames.upperBound - 1)
            case .cutting(let frames): return .cutSealed(frames.upperBound - 1)
            case .announcing(let action, let count):
                if case .announceDurable(let sequence) = action { durable = max(durable, sequence) }
                state = .working(count)
                return action
            case .syncing: return .synchronize
            case .failed:
                state = .ended
                return .poison
            case .ended: return .end
            }
        }
    }

    /// Answers `.write`: the frames have been handed to the operating system.
    /// - Parameter chain: the checksum of the last header.
    mutating func wrote(chain: UInt32) {
        guard case .writing(let frames) = state else {
            return assertionFailure("frames were written that nobody asked for")
        }
        let last = work.frames[frames.upperBound - 1]
        // A batch that spans frames moves nothing before its end.
        position = LogPosition(
            segment: last.segment, offset: last.end, headerOffset: last.offset, chain: chain,
            nextSequence: last.lastSequence + 1)
        promised = durable
        state = .releasing(frames)
    }

    /// Answers a sync or a cut that worked.
    mutating func done() {
        switch state {
        case .sealing(let frames): state = .cutting(frames)
        case .cutting(let frames):
            let last = work.frames[frames.upperBound - 1]
            state = .announcing(.announceDurable(last.lastSequence), done: frames.upperBound)
        case .syncing: endSync()
        default: assertionFailure("something was done that nobody asked for")
        }
    }

    /// Answers any call that did not work.
    mutating func failed() {
        if PlantedBug.goOnAfterFailure.isPlanted { return endSync() }
        state = .failed
    }

    /// Somebody else has found out that nothing can be acknowledged any more: what is pending stays.
    mutating func abandon() { state = .ended }

    private mutating func endSync() {
        work.needsSync = false
        state = .announcing(.announceDurable(work.lastSequence), done: work.frames.count)
    }

    /// What comes when `count` frames are done with; `nil` when the state says it.
    private mutating func goOn(behind count: Int) -> Action? {
        guard count == work.frames.count else {
            // Frames that lie in one segment, up to and with its seal.
            let seal = work.frames[count...].firstIndex { $0.kind == .seal }
            state = .writing(count..<(seal.map { $0 + 1 } ?? work.frames.count))
            return nil
        }
        if work.needsSync {
            state = .syncing
            return nil
        }
        state = work.isStopping ? .ended : .idle
        work.frames = []
        return state == .idle ? .again : nil
    }
}
