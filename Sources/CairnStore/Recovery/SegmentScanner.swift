import CairnFiles
import CairnPlatform

/// Reads the frames of one segment front to back, believing nothing that is not checksummed.
///
/// A frame counts only if its header and payload are whole, it follows the frame before it (the
/// chain of checksums and the sequences), and every record in it is whole too. Otherwise the scan
/// ends there; whether that is a torn tail or damage is not the scanner's to say.
struct SegmentScanner {
    /// One whole frame.
    struct ScannedFrame {
        let header: FrameHeader
        let checksum: UInt32
        let offset: Int
        let records: [PlacedRecord]

        var end: Int { offset + FrameHeader.byteCount + header.paddedPayloadByteCount }
    }

    /// Why a scan ended before a seal.
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

    /// What the next call found.
    enum Event {
        case frame(ScannedFrame)
        case stop(Stop)
    }

    private static let windowByteCount = 1 << 20

    let segment: Segment
    /// Where the next frame should start.
    private(set) var offset: Int
    /// The checksum of the header before it.
    private(set) var chain: UInt32
    /// The sequence it should begin with.
    private(set) var nextSequence: UInt64
    /// Whether it must go on with a batch that began before it.
    private(set) var isInsideBatch = false
    /// The file's length, once it has been asked for: nobody writes to a file that is scanned.
    private var fileByteCount: Int?
    private var window: [UInt8] = []
    private var windowOffset = 0

    init(
        _ segment: Segment, from offset: Int = SegmentHeader.byteCount, chain: UInt32,
        nextSequence: UInt64
    ) {
        self.segment = segment
        self.offset = offset
        self.chain = chain
        self.nextSequence = nextSequence
    }

    /// The next whole frame, or why there is none. Do not call again after a stop.
    mutating func next() throws(FileError) -> Event {
        let start = try load(offset, FrameHeader.byteCount)
        let available = window.count - start
        guard available > 0 else { return .stop(.endOfFile) }
        guard
            let (header, checksum) = FrameHeader.decode(
                window, from: start, in: segment.identity, at: offset)
        else {
            if available < FrameHeader.byteCount { return .stop(.endOfFile) }
            if FrameHeader.isWhole(window, from: start, in: segment.identity, at: offset) {
                return .stop(.unreadable("a frame header with unknown fields or numbers"))
            }
            let isBlank = ByteOrder.zeroPrefix(of: window, from: start) >= FrameHeader.byteCount
            return .stop(isBlank ? .zeros : .damaged("no frame header with a valid checksum"))
        }
        guard header.previousChecksum == chain else {
            return .stop(.damaged("the frame does not follow the one before it"))
        }
        if let complaint = complaint(about: header) { return .stop(.misplaced(complaint)) }
        let payloadOffset = offset + FrameHeader.byteCount
        let payload = try load(payloadOffset, header.paddedPayloadByteCount)
        let end = payload + header.paddedPayloadByteCount
        guard end <= window.count else { return .stop(.endOfFile) }
        guard
            segment.identity.checksum(of: window, in: payload..<end, at: payloadOffset)
                == header.payloadChecksum
        else { return .stop(.damaged("the payload's checksum is wrong")) }
        guard let records = records(of: header, at: payload, payloadOffset) else {
            return .stop(.unreadable("a record with unknown fields or numbers"))
        }
        let frame = ScannedFrame(
            header: header, checksum: checksum, offset: offset, records: records)
        chain = checksum
        offset = frame.end
        isInsideBatch = header.flags.contains(.batchContinues)
        if !isInsideBatch { nextSequence += UInt64(header.batchCount) }
        return .frame(frame)
    }

    /// Whether a frame that was whole when written lies at or after `start`, however it got there:
    /// the greatest sequence such a frame promises to be durable, or `nil` when there is none. A frame
    /// that this version cannot read may have promised anything.
    mutating func greatestPromise(from start: Int) throws(FileError) -> UInt64? {
        var greatest: UInt64?
        var position = FrameHeader.padded(start)
        while true {
            let index = try load(position, FrameHeader.byteCount)
            guard window.count - index >= FrameHeader.byteCount else { return greatest }
            let zeros =
                ByteOrder.zeroPrefix(of: window, from: index) & ~(FrameHeader.alignment - 1)
            if zeros > 0 {
                position += zeros
                continue
            }
            if let (header, _) = FrameHeader.decode(
                window, from: index, in: segment.identity, at: position)
            {
                greatest = max(greatest ?? 0, header.promisedSequence)
            } else if FrameHeader.isWhole(
                window, from: index, in: segment.identity, at: position)
            {
                return .max
            }
            position += FrameHeader.alignment
        }
    }

    /// Goes on behind damage: moves to the next header that is whole, and takes its word for what
    /// came before it. Returns false when there is none. For tools that list all damage.
    /// - Parameter here: the header at the scanner's own place will do.
    mutating func skipDamage(here: Bool = false) throws(FileError) -> Bool {
        var position = here ? offset : FrameHeader.padded(offset + 1)
        while true {
            let index = try load(position, FrameHeader.byteCount)
            guard window.count - index >= FrameHeader.byteCount else { return false }
            if let (header, _) = FrameHeader.decode(
                window, from: index, in: segment.identity, at: position)
            {
                offset = position
                chain = header.previousChecksum
                nextSequence = header.firstSequence
                isInsideBatch = header.flags.contains(.continuesBatch)
                return true
            }
            let zeros =
                ByteOrder.zeroPrefix(of: window, from: index) & ~(FrameHeader.alignment - 1)
            position += max(zeros, FrameHeader.alignment)
        }
    }

    /// How many bytes from `start` on there are up to the last window that is not all zeros.
    mutating func garbageByteCount(from start: Int) throws(FileError) -> Int {
        var position = start
        var end = start
        while true {
            let bytes = try segment.read(at: position, byteCount: try windowByteCount(at: position))
            guard !bytes.isEmpty else { return end - start }
            position += bytes.count
            if ByteOrder.zeroPrefix(of: bytes, from: 0) < bytes.count { end = position }
        }
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

    private func records(
        of header: FrameHeader, at start: Int, _ payloadOffset: Int
    ) -> [PlacedRecord]? {
        var reader = ByteReader(window, in: start..<start + header.payloadByteCount)
        var records: [PlacedRecord] = []
        // The batches' sequences follow one another, from the frame's first on.
        var next = header.firstSequence
        while reader.remaining > 0 {
            let recordStart = reader.offset
            let place = payloadOffset + recordStart - start
            guard let record = Record.decode(&reader, in: segment.identity, at: place) else {
                return nil
            }
            if record.sequence == next { next += 1 }
            guard record.sequence == next - 1, record.sequence >= header.firstSequence else {
                return nil
            }
            records.append(
                PlacedRecord(
                    record: record,
                    location: RecordLocation(
                        segment: segment.identity.number, offset: place,
                        byteCount: reader.offset - recordStart)))
        }
        let isComplete =
            records.count == Int(header.recordCount)
            && next - header.firstSequence == UInt64(header.batchCount)
        return isComplete ? records : nil
    }

    /// Makes the window hold `byteCount` bytes from `position` on, or all there are; returns where
    /// in the window `position` is.
    private mutating func load(_ position: Int, _ byteCount: Int) throws(FileError) -> Int {
        let isHeld =
            position >= windowOffset && position + byteCount <= windowOffset + window.count
        if !isHeld {
            window = try segment.read(
                at: position, byteCount: max(byteCount, try windowByteCount(at: position)))
            windowOffset = position
        }
        return position - windowOffset
    }

    /// How much to read at once: not more than there is.
    private mutating func windowByteCount(at position: Int) throws(FileError) -> Int {
        let end: Int
        if let known = fileByteCount { end = known } else { end = try segment.byteCount() }
        fileByteCount = end
        return min(max(0, end - position), Self.windowByteCount)
    }
}
