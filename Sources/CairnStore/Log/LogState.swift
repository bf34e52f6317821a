import CairnPlatform

/// The end of the log: where the next commit goes, and what has not reached the disk yet.
///
/// A commit's place is fixed the moment it is made, inside space that is already reserved on disk.
/// So a full disk refuses a commit before it is visible, never after
/// (Docs/Decisions/0001-commit-into-reserved-space.md).
///
/// Invariants
/// - `queue` then `open` are contiguous and in log order; `end` is where the next frame would start.
/// - `end + trailerByteCount <= capacity`: a promise and the seal always fit.
/// - Sequences are given without gaps, in the order of the log.
///
/// A pure value: it decides, `Log` waits and `Committer` does the I/O.
struct LogState {
    /// Room kept at a segment's end for one promise and the seal.
    static let trailerByteCount = 2 * FrameHeader.byteCount

    private(set) var active: Segment
    /// The active segment's reserved size.
    private var capacity: Int
    private let segmentByteCount: Int
    private(set) var end: Int
    private(set) var open: Frame?
    private(set) var queue: [Frame] = []
    /// Payload bytes of the queue.
    private var queuedByteCount = 0
    private(set) var nextSequence: UInt64
    /// How far the log has been written, up to a frame with commits: where reading may go on, and what is durable
    /// once those commits are.
    private(set) var written: LogPosition
    /// The segments that take over when the active one is full, in the order of the manifest: the log
    /// must not leave one out. More than one only after a crash.
    private(set) var spares: [Segment]
    /// Why there is no spare; forgotten when somebody asks again.
    var spareFailure: StoreError?
    /// Somebody waits for a spare.
    var spareWanted = false
    /// Why no more commits are taken.
    var refusal: StoreError?
    /// The committer shall write what is pending and end.
    var isStopping = false
    /// Something pending must reach the operating system without waiting for company.
    var writeWanted = false
    /// Everything up to here must reach the platter.
    var syncWanted: UInt64 = 0

    init(
        active: Segment, segmentByteCount: Int, written: LogPosition, spares: [Segment]
    ) {
        self.active = active
        capacity = Self.capacity(forEnd: written.offset, segmentByteCount: segmentByteCount)
        self.segmentByteCount = segmentByteCount
        end = written.offset
        nextSequence = written.nextSequence
        self.written = written
        self.spares = spares
    }

    /// The reserved size of a segment that is gone on with at `end`: the settings may have changed.
    static func capacity(forEnd end: Int, segmentByteCount: Int) -> Int {
        max(segmentByteCount, end + trailerByteCount)
    }

    /// Room at a segment's end that only batches without puts may use, so that a full disk never
    /// keeps anybody from deleting.
    static func deleteReserve(ofSegment byteCount: Int) -> Int {
        PlantedBug.deletesNeedRoom.isPlanted ? 0 : min(byteCount / 16, 64 << 10)
    }

    /// The largest batch that fits an empty segment.
    static func batchByteCountMax(inSegment byteCount: Int) -> Int {
        byteCount - SegmentHeader.byteCount - trailerByteCount - deleteReserve(ofSegment: byteCount)
    }

    /// Whether the next segment should be prepared now.
    var needsSpare: Bool {
        spares.isEmpty && refusal == nil && !isStopping
            && (spareWanted || (end > capacity / 2 && spareFailure == nil))
    }

    /// Makes room for a batch of at most `byteCount` bytes, rolling over if it must.
    /// - Returns: false when there is no room and no spare segment.
    mutating func makeRoom(for byteCount: Int, deletesOnly: Bool) -> Bool {
        let room = capacity - Self.trailerByteCount - end - byteCount
        if room >= Self.deleteReserve(ofSegment: capacity) { return true }
        // The room kept for deletes is for when there is nowhere else to go.
        guard let next = spares.first else { return deletesOnly && room >= 0 }
        closeFrame()
        appendFrame(kind: .seal)
        active = next
        capacity = segmentByteCount
        end = SegmentHeader.byteCount
        spares.removeFirst()
        spareWanted = false
        return true
    }

    /// Takes a segment that follows all there are.
    mutating func add(spare: Segment) { spares.append(spare) }

    /// At least what records of `byteCount` bytes take in frames, whatever frames they land in.
    static func framedByteCountBound(_ byteCount: Int) -> Int {
        let frames = byteCount / (StoreLimits.framePayloadByteCountMax / 2) + 2
        return byteCount + frames * (FrameHeader.byteCount + FrameHeader.alignment)
    }

    /// Appends one batch, whose room has been made, and says where its records are.
    ///
    /// `link` may change the record with the given index, which sees the places of those before it.
    mutating func append(
        _ records: [Record], link: (Int, inout Record, [PlacedRecord]) -> Void
    ) -> (sequence: UInt64, placed: [PlacedRecord]) {
        let sequence = nextSequence
        let bound = records.reduce(0) { $0 + $1.byteCountBound }
        let spans = bound > StoreLimits.framePayloadByteCountMax
        if open.map({ spans || !$0.hasRoom(for: bound) }) ?? false { closeFrame() }
        if open == nil { openFrame() }
        var placed: [PlacedRecord] = []
        placed.reserveCapacity(records.count)
        for (index, record) in records.enumerated() {
            var record = record
            record.sequence = sequence
            link(index, &record, placed)
            if spans { splitFrame(before: record) }
            guard let location = open?.append(record) else { continue }
            placed.append(PlacedRecord(record: record, location: location))
        }
        open?.endBatch()
        nextSequence += 1
        if let frame = open { end = frame.end }
        if spans { closeFrame() }
        return (sequence, placed)
    }

    /// Adds a frame that says what is durable, unless its room is taken.
    mutating func appendPromise() {
        if end + Self.trailerByteCount <= capacity { appendFrame(kind: .promise) }
    }

    /// Adds a frame that carries no records.
    private mutating func appendFrame(kind: FrameHeader.Kind) {
        closeFrame()
        let frame = Frame(
            segment: active, offset: end, kind: kind, firstSequence: nextSequence)
        end = frame.end
        queue.append(frame)
    }

    /// The frames to write now, the open one closed.
    mutating func takeFrames() -> [Frame] {
        closeFrame()
        writeWanted = false
        return queue
    }

    /// Forgets the first `count` frames, which have been written up to `position`.
    mutating func dropWritten(_ count: Int, to position: LogPosition) {
        for frame in queue[..<count] { queuedByteCount -= frame.payload.count }
        queue.removeFirst(count)
        // A promise or a seal may be lost although every commit before it is durable.
        if position.nextSequence > written.nextSequence { written = position }
    }

    /// Payload bytes that are only in memory.
    var pendingByteCount: Int { queuedByteCount + (open?.payload.count ?? 0) }

    /// Up to `byteCount` bytes from `offset` of `segment` on while they have not been written.
    func pendingBytes(of segment: Segment, at offset: Int, byteCount: Int) -> [UInt8]? {
        if let bytes = open?.bytes(of: segment, at: offset, byteCount: byteCount) { return bytes }
        for frame in queue.reversed() {
            if let bytes = frame.bytes(of: segment, at: offset, byteCount: byteCount) {
                return bytes
            }
        }
        return nil
    }

    var hasFrames: Bool { open != nil || !queue.isEmpty }

    private mutating func openFrame() {
        open = Frame(segment: active, offset: end, kind: .commit, firstSequence: nextSequence)
    }

    private mutating func closeFrame() {
        guard let frame = open else { return }
        open = nil
        end = frame.end
        queue.append(frame)
        queuedByteCount += frame.payload.count
    }

    /// Ends the open frame of a spanning batch when `record` does not fit, and goes on in the next.
    private mutating func splitFrame(before record: Record) {
        guard var frame = open,
            frame.payload.count + record.byteCountBound > StoreLimits.framePayloadByteCountMax
        else { return }
        frame.flags.insert(.batchContinues)
        frame.endBatch()
        open = frame
        closeFrame()
        openFrame()
        open?.flags = .continuesBatch
    }
}
