import CairnFiles
import CairnPlatform

/// Reads the frames of one segment from its file: `FrameParser` and `HeaderSearch` decide, this hands
/// them bytes.
struct SegmentScanner {
    /// What the next call found.
    enum Event {
        case frame(ScannedFrame)
        case stop(FrameParser.Stop)
    }

    let segment: Segment
    private var parser: FrameParser
    private var windows: SegmentWindows
    private var window = FrameWindow.none

    init(
        _ segment: Segment, from offset: Int = SegmentHeader.byteCount, chain: UInt32,
        nextSequence: UInt64
    ) {
        self.segment = segment
        parser = FrameParser(
            segment.identity, from: offset, chain: chain, nextSequence: nextSequence)
        windows = SegmentWindows(segment)
    }

    /// Where the next frame should start.
    var offset: Int { parser.offset }

    /// The checksum of the header before it.
    var chain: UInt32 { parser.chain }

    /// The sequence it should begin with.
    var nextSequence: UInt64 { parser.nextSequence }

    /// Whether it must go on with a batch that began before it.
    var isInsideBatch: Bool { parser.isInsideBatch }

    /// The next whole frame, or why there is none. Do not call again after a stop.
    mutating func next() throws(FileError) -> Event {
        while true {
            switch parser.next(in: window) {
            case .frame(let frame): return .frame(frame)
            case .stop(let stop): return .stop(stop)
            case .needsBytes(let range): window = try windows.window(range)
            }
        }
    }

    /// Whether a frame that was whole when written lies in the segment, however it got there.
    mutating func holdsFrames() throws(FileError) -> Bool {
        var search = HeaderSearch(segment.identity, from: SegmentHeader.byteCount)
        while true {
            switch search.next(in: window) {
            case .header, .unreadable: return true
            case .needsBytes(let range): window = try windows.window(range)
            case .end: return false
            }
        }
    }

    /// Goes on behind damage: moves to the next header that is whole, and takes its word for what
    /// came before it. Returns false when there is none. For tools that list all damage.
    /// - Parameter here: the header at the scanner's own place will do.
    mutating func skipDamage(here: Bool = false) throws(FileError) -> Bool {
        var search = HeaderSearch(
            segment.identity, from: here ? parser.offset : parser.offset + 1)
        while true {
            switch search.next(in: window) {
            case .header(let header, let offset):
                parser.resume(at: header, offset)
                return true
            case .unreadable: continue
            case .needsBytes(let range): window = try windows.window(range)
            case .end: return false
            }
        }
    }
}
