import CairnPlatform

/// Decides what a log that may have been through anything comes to: how far it is whole, and whether it
/// may end there.
///
/// A torn tail is not corruption, and corruption is not a torn tail. Frames are read in order until one is
/// not whole. If anything behind that point says that what is missing was durable, acknowledged data is
/// damaged and the log is refused. What is whole, but nothing that this version would write there, is not
/// cut off either. Otherwise what is missing was never acknowledged as durable: the log is cut there.
///
/// | state | asks for | next |
/// |---|---|---|
/// | `scanning` a segment | `.read` its next window; `.replay` a whole frame | `replaying`; at a frame that is not whole `searching`, `measuring` or `refused` |
/// | `replaying` a frame | whether its records make sense | `scanning`, here or behind a seal in the next segment; behind the last seal `measuring`; `refused` |
/// | `searching` behind a stop for what proves a loss | `.read` the rest of that segment, then of all later ones | `refused` at the first proof; `measuring` when there is none |
/// | `measuring` the segments before the end | `.measure` each | `recovered` |
/// | `recovered`, `refused` | nothing | — |
///
/// A pure value: `next` says what is wanted, `take`, `replayed` and `measured` give it. Whoever drives it
/// does the I/O: `Recovery`.
struct RecoveryMachine {
    /// What is wanted next.
    enum Action {
        /// A window of a segment that begins with these bytes: answered by `take`.
        case read(segment: Int, Range<Int>)
        /// Apply a frame that begins at a position of the log: answered by `replayed`.
        case replay(ScannedFrame, segment: Int, at: LogPosition)
        /// A segment's length: answered by `measured`.
        case measure(segment: Int)
        case recovered(RecoveredLog)
        case refused(RecoveryRefusal)
    }

    enum State {
        case scanning(FrameParser)
        case replaying(FrameParser, ScannedFrame)
        case searching(Search)
        case measuring(earlierByteCounts: [Int])
        case recovered(RecoveredLog)
        case refused(RecoveryRefusal)
    }

    /// The look behind a frame that is not whole.
    struct Search {
        /// Where and what the frame is.
        let offset: Int
        let stop: FrameParser.Stop
        /// Where to look.
        var segment: Int
        var headers: HeaderSearch
        /// What the frames behind the stop in its own segment promise.
        var promise: UInt64?
    }

    let manifest: Manifest
    let segments: [SegmentIdentity]
    var state: State
    var window = FrameWindow.none
    var proof: DurabilityProof
    /// Index of the segment that is read.
    var segment = 0
    /// It ends with its seal, and there is none to go on in.
    var isSealed = false
    /// The end of what is whole, in that segment. A batch that has begun but not ended is not.
    var end: LogPosition

    /// Prepares to read a log.
    /// - Parameters:
    ///   - segments: at least one, in log order.
    ///   - start: where to begin; all before it is durable. By default the log's beginning.
    init(manifest: Manifest, segments: [SegmentIdentity], from start: LogPosition? = nil) {
        self.manifest = manifest
        self.segments = segments
        end = LogPosition(
            segment: segments[0].number, offset: SegmentHeader.byteCount, headerOffset: 0,
            chain: 0, nextSequence: 1)
        if let start, let index = segments.firstIndex(where: { $0.number == start.segment }) {
            segment = index
            end = start
        }
        proof = DurabilityProof(
            durable: max(manifest.floor.sequence, start.map { $0.nextSequence - 1 } ?? 0))
        state = .scanning(
            FrameParser(
                segments[segment], from: end.offset, chain: end.chain,
                nextSequence: end.nextSequence))
    }

    /// What is wanted next. The same again while it has not been answered.
    mutating func next() -> Action {
        while true {
            switch state {
            case .scanning(var parser):
                switch parser.next(in: window) {
                case .needsBytes(let range): return .read(segment: segment, range)
                case .frame(let frame): state = .replaying(parser, frame)
                case .stop(let stop): judge(stop, at: parser.offset)
                }
            case .replaying(_, let frame):
                return .replay(frame, segment: segment, at: end)
            case .searching(var search):
                let event = search.headers.next(in: window)
                if case .needsBytes(let range) = event {
                    // It has looked at the window to its end.
                    state = .searching(search)
                    return .read(segment: search.segment, range)
                }
                look(at: event, search)
            case .measuring(let byteCounts):
                guard byteCounts.count == segment else {
                    return .measure(segment: byteCounts.count)
                }
                state = .recovered(outcome(byteCounts))
            case .recovered(let log): return .recovered(log)
            case .refused(let refusal): return .refused(refusal)
            }
        }
    }

    /// Answers `.read`.
    mutating func take(_ window: FrameWindow) { self.window = window }

    /// Answers `.replay`.
    /// - Parameter complaint: what is wrong with a record that is whole.
    mutating func replayed(_ complaint: String?) {
        guard case .replaying(let parser, let frame) = state else {
            return assertionFailure("a frame was replayed that is not there")
        }
        if let complaint {
            return state = .refused(
                .senseless(segment: segment, offset: frame.offset, complaint: complaint))
        }
        proof.take(frame, in: segment)
        state = .scanning(parser)
        // A batch that has begun but not ended moves nothing: it may have to be cut.
        if frame.header.flags.contains(.batchContinues) { return }
        end = LogPosition(
            segment: end.segment, offset: parser.offset, headerOffset: frame.offset,
            chain: parser.chain, nextSequence: parser.nextSequence)
        if frame.header.kind == .seal { goOn() }
    }

    /// Answers `.measure`.
    mutating func measured(_ byteCount: Int) {
        guard case .measuring(let byteCounts) = state else {
            return assertionFailure("a segment was measured that nobody asked for")
        }
        state = .measuring(earlierByteCounts: byteCounts + [byteCount])
    }
}
