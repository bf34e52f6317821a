import CairnPlatform

/// Reads the frames of one segment front to back out of bytes it is handed, believing nothing that is
/// not checksummed.
///
/// A frame counts only if its header and payload are whole, it follows the frame before it (the
/// chain of checksums and the sequences), and every record in it is whole too. Otherwise the reading
/// ends there; whether that is a torn tail or damage is not the parser's to say.
///
/// A pure value: it asks for bytes by saying which it needs, and is called again with a window that has
/// them. Until a frame comes out of it, nothing in it changes.
struct FrameParser {
    /// What a window says about the next frame.
    enum Event {
        case frame(ScannedFrame)
        /// Bytes of the file that the window lacks.
        case needsBytes(Range<Int>)
        case stop(Stop)
    }

    /// Why the frames end before a seal.
    enum Stop: Hashable {
        /// The file ends, behind a frame or inside one.
        case endOfFile
        /// Reserved space nobody wrote to.
        case zeros
        /// Bytes that are not the frame that belongs here.
        case damaged(String)
        /// A frame that was written as it is, but says what this version does not know.
        case unreadable(String)
        /// A frame that follows the one before it, but cannot be the next.
        case misplaced(String)

        var description: String {
            switch self {
            case .endOfFile: "the end of the file"
            case .zeros: "zeros"
            case .damaged(let complaint), .unreadable(let complaint), .misplaced(let complaint):
                complaint
            }
        }
    }

    let segment: SegmentIdentity
    /// Where the next frame should start.
    private(set) var offset: Int
    /// The checksum of the header before it.
    private(set) var chain: UInt32
    /// The sequence it should begin with.
    private(set) var nextSequence: UInt64
    /// Whether it must go on with a batch that began before it.
    private(set) var isInsideBatch = false

    init(
        _ segment: SegmentIdentity, from offset: Int = SegmentHeader.byteCount, chain: UInt32,
        nextSequence: UInt64
    ) {
        self.segment = segment
        self.offset = offset
        self.chain = chain
        self.nextSequence = nextSequence
    }

    /// The next whole frame, or why there is none in `window`. Do not call again after a stop.
    mutating func next(in window: FrameWindow) -> Event {
        let bytes = window.bytes
        let headerRange = offset..<offset + FrameHeader.byteCount
        guard let start = window.index(of: headerRange) else { return .needsBytes(headerRange) }
        guard start < bytes.count else { return .stop(.endOfFile) }
        guard
            let (header, checksum) = FrameHeader.decode(
                bytes, from: start, in: segment, at: offset)
        else { return .stop(stopWithoutHeader(bytes, start)) }
        guard header.previousChecksum == chain else {
            return .stop(.damaged("the frame does not follow the one before it"))
        }
        if let complaint = complaint(about: header) { return .stop(.misplaced(complaint)) }
        let range = offset..<headerRange.upperBound + header.paddedPayloadByteCount
        guard window.index(of: range) != nil else { return .needsBytes(range) }
        let payload = start + FrameHeader.byteCount
        let end = payload + header.paddedPayloadByteCount
        guard end <= bytes.count else { return .stop(.endOfFile) }
        guard
            segment.checksum(of: bytes, in: payload..<end, at: headerRange.upperBound)
                == header.payloadChecksum
        else { return .stop(.damaged("the payload's checksum is wrong")) }
        guard let layouts = layouts(of: header, in: bytes, at: payload) else {
            return .stop(.unreadable("a record with unknown fields or numbers"))
        }
        let frame = ScannedFrame(
            header: header, checksum: checksum, segment: segment.number, offset: offset,
            layouts: layouts, bytes: bytes, payloadIndex: payload)
        moveBehind(frame)
        return .frame(frame)
    }

    /// Takes the word of a header that is whole for what came before it.
    mutating func resume(at header: FrameHeader, _ offset: Int) {
        self.offset = offset
        chain = header.previousChecksum
        nextSequence = header.firstSequence
        isInsideBatch = header.flags.contains(.continuesBatch)
    }

    private mutating func moveBehind(_ frame: ScannedFrame) {
        chain = frame.checksum
        offset = frame.end
        isInsideBatch = frame.header.flags.contains(.batchContinues)
        if !isInsideBatch { nextSequence += UInt64(frame.header.batchCount) }
    }

    private func stopWithoutHeader(_ bytes: [UInt8], _ start: Int) -> Stop {
        if bytes.count - start < FrameHeader.byteCount { return .endOfFile }
        if FrameHeader.isWhole(bytes, from: start, in: segment, at: offset) {
            return .unreadable("a frame header with unknown fields or numbers")
        }
        let isBlank = ByteOrder.zeroPrefix(of: bytes, from: start) >= FrameHeader.byteCount
        return isBlank ? .zeros : .damaged("no frame header with a valid checksum")
    }

    private func complaint(about header: FrameHeader) -> String? {
        if header.firstSequence != nextSequence {
            return "a frame that begins with commit \(header.firstSequence)"
        }
        if header.flags.contains(.continuesBatch) != isInsideBatch {
            return "a batch that spans frames is interrupted"
        }
        return nil
    }

    private func layouts(
        of header: FrameHeader, in bytes: [UInt8], at start: Int
    ) -> [RecordLayout]? {
        let end = start + header.payloadByteCount
        let payloadOffset = offset + FrameHeader.byteCount
        var layouts: [RecordLayout] = []
        layouts.reserveCapacity(
            min(Int(header.recordCount), header.payloadByteCount / RecordLayout.byteCountMin))
        var reader = ByteReader(bytes, in: start..<end)
        // The batches' sequences follow one another, from the frame's first on.
        var next = header.firstSequence
        while reader.remaining > 0 {
            let place = payloadOffset + reader.offset - start
            guard let layout = RecordLayout.decode(&reader, in: segment, at: place) else {
                return nil
            }
            if layout.sequence == next { next += 1 }
            guard layout.sequence == next - 1, layout.sequence >= header.firstSequence else {
                return nil
            }
            layouts.append(layout)
        }
        let isComplete =
            layouts.count == Int(header.recordCount)
            && next - header.firstSequence == UInt64(header.batchCount)
        return isComplete ? layouts : nil
    }
}
