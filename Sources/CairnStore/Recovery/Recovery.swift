import CairnFiles
import CairnPlatform

/// Reads the log after whatever happened to it: every frame, up to a torn tail; refuses damage. What
/// it keeps is served only after `Outcome.makeDurable`.
///
/// A torn tail is not corruption, and corruption is not a torn tail:
/// 1. Frames are read in order until one is not whole.
/// 2. If anything behind that point says that what is missing was durable (a promise in a later
///    frame, a frame in a later segment, the manifest's floor), acknowledged data is damaged: the
///    open is refused, and nothing is changed.
/// 3. What is whole, but nothing that this version would write there, is not cut off either.
/// 4. Otherwise what is missing was never acknowledged as durable: the log is cut there.
struct Recovery {
    /// The log as recovered.
    struct Outcome {
        var active: Segment
        /// Where the next frame goes.
        var end: LogPosition
        /// Empty segments behind the active one: a roll-over may have been decided, and the segment after
        /// it made, before a byte of it reached the disk.
        var spares: [Segment]
        /// The log ends with a seal and there is no segment to go on in.
        var needsSegment: Bool
        /// What must be written again and synced before anything is served from it, in log order.
        var unproven: [Extent]
    }

    /// A part of a segment.
    struct Extent {
        let segment: Segment
        let range: Range<Int>
    }

    /// The end of what is whole.
    private struct Position {
        /// Index into `segments`.
        var segment: Int
        var offset: Int
        /// Where the header of the last whole frame lies; 0 before the first of a segment.
        var headerOffset: Int
        var chain: UInt32
        var nextSequence: UInt64
        /// Whether the segment ends with its seal.
        var isSealed: Bool
    }

    let manifest: Manifest
    let segments: [Segment]

    private var replay: LogReplay
    private var proof: DurabilityProof

    private let start: LogPosition?

    /// Prepares to read `segments`, in log order.
    /// - Parameters:
    ///   - replay: what is done with the records.
    ///   - start: where to begin; all before it is durable. By default the log's beginning.
    init(
        manifest: Manifest, segments: [Segment], replay: LogReplay = LogReplay(),
        from start: LogPosition? = nil
    ) {
        self.manifest = manifest
        self.segments = segments
        self.replay = replay
        self.start = start
        proof = DurabilityProof(
            durable: max(manifest.floor.sequence, start.map { $0.nextSequence - 1 } ?? 0))
    }

    /// Reads the log and refuses damage. Changes nothing. `segments` must not be empty.
    /// - Parameter observe: sees every whole frame, in order.
    mutating func run(
        observe: (SegmentScanner.ScannedFrame) -> Void = { _ in }
    ) throws(StoreError) -> Outcome {
        let position = try scan(observe)
        return try naming("cannot look at the log") { () throws(FileError) in
            try outcome(position)
        }
    }

    private mutating func scan(
        _ observe: (SegmentScanner.ScannedFrame) -> Void
    ) throws(StoreError) -> Position {
        var position = Position(
            segment: 0, offset: SegmentHeader.byteCount, headerOffset: 0, chain: 0,
            nextSequence: 1, isSealed: false)
        if let start,
            let number = segments.firstIndex(where: { $0.identity.number == start.segment })
        {
            position = Position(
                segment: number, offset: start.offset, headerOffset: start.headerOffset,
                chain: start.chain, nextSequence: start.nextSequence, isSealed: false)
        }
        let first = position.segment
        for number in first..<segments.count {
            if number > first {
                guard position.isSealed else { break }
                position.segment = number
                position.offset = SegmentHeader.byteCount
                position.headerOffset = 0
                position.isSealed = false
            }
            try scanSegment(&position, observe)
        }
        return position
    }

    /// Reads one segment up to its seal or to the first frame that is not whole.
    private mutating func scanSegment(
        _ position: inout Position, _ observe: (SegmentScanner.ScannedFrame) -> Void
    ) throws(StoreError) {
        let segment = segments[position.segment]
        var scanner = SegmentScanner(
            segment, from: position.offset, chain: position.chain,
            nextSequence: position.nextSequence)
        while true {
            let event = try naming("cannot read \(segment.path)") { () throws(FileError) in
                try scanner.next()
            }
            switch event {
            case .frame(let frame):
                observe(frame)
                proof.take(frame, in: position.segment)
                let place = LogPosition(
                    segment: segment.identity.number, offset: position.offset,
                    headerOffset: position.headerOffset, chain: position.chain,
                    nextSequence: position.nextSequence)
                if let complaint = try replay.take(frame, in: segment, at: place) {
                    throw corrupt(
                        segment, frame.offset, "records that make sense", complaint)
                }
                // A batch that has begun but not ended moves nothing: it may have to be cut.
                if frame.header.flags.contains(.batchContinues) { continue }
                position.headerOffset = frame.offset
                position.offset = scanner.offset
                position.chain = scanner.chain
                position.nextSequence = scanner.nextSequence
                if frame.header.kind == .seal {
                    position.isSealed = true
                    return
                }
            case .stop(let stop):
                replay.dropPartialBatch()
                try judge(position, stop, scanner.offset)
                return
            }
        }
    }

    /// Decides whether the log may end at `position`: throws when what is missing was durable.
    private func judge(
        _ position: Position, _ stop: SegmentScanner.Stop, _ stopOffset: Int
    ) throws(StoreError) {
        if case .unreadable(let complaint) = stop {
            throw StoreError(
                .unsupportedVersion,
                "\(segments[position.segment].path) holds \(complaint) at offset \(stopOffset), whose "
                    + "checksums hold; open it with the version that wrote it")
        }
        if case .misplaced(let complaint) = stop {
            throw corrupt(
                segments[position.segment], stopOffset,
                "the frame with commit \(position.nextSequence)", complaint)
        }
        guard let evidence = try evidenceOfLoss(behind: position, stop),
            !PlantedBug.cutAnyDamage.isPlanted
        else { return }
        throw corrupt(
            segments[position.segment], stopOffset,
            "the frame with commit \(position.nextSequence) (\(evidence))", stop.description)
    }

    /// What says that more was durable than is there, or `nil` when nothing does.
    private func evidenceOfLoss(
        behind position: Position, _ stop: SegmentScanner.Stop
    ) throws(StoreError) -> String? {
        let segment = segments[position.segment]
        if position.nextSequence <= manifest.floor.sequence || isBeforeFloor(position) {
            return "the manifest records commit \(manifest.floor.sequence) as durable"
        }
        // A segment's space is reserved, durably, before its first commit, and given back only by a
        // clean close, which records where it cut the file.
        if stop == .endOfFile && !(manifest.isClosed && isAtFloor(position)) {
            return "the file has been cut short"
        }
        if let promise = try greatestPromise(in: segment, from: position.offset),
            promise >= position.nextSequence
        {
            return promise == .max
                ? "a later frame, which this version cannot read, is whole"
                : "a later frame promises that commit \(promise) is durable"
        }
        for later in segments[(position.segment + 1)...]
        where try greatestPromise(in: later, from: SegmentHeader.byteCount) != nil {
            return "\(later.path) goes on after it"
        }
        return nil
    }

    private func greatestPromise(
        in segment: Segment, from offset: Int
    ) throws(StoreError) -> UInt64? {
        var scanner = SegmentScanner(segment, chain: 0, nextSequence: 0)
        return try naming("cannot read \(segment.path)") { () throws(FileError) in
            try scanner.greatestPromise(from: offset)
        }
    }

    private func isAtFloor(_ position: Position) -> Bool {
        segments[position.segment].identity.number == manifest.floor.segment
            && position.offset == Int(manifest.floor.offset)
    }

    private func isBeforeFloor(_ position: Position) -> Bool {
        guard
            let floor = segments.firstIndex(where: {
                $0.identity.number == manifest.floor.segment
            })
        else { return false }
        return position.segment < floor
            || (position.segment == floor && position.offset < Int(manifest.floor.offset))
    }

    private func corrupt(
        _ segment: Segment, _ offset: Int, _ expected: String, _ found: String
    ) -> StoreError {
        StoreError(
            .corrupt,
            "\(segment.path) is damaged at offset \(offset): expected \(expected), found \(found); "
                + "restore a copy, or look with `cairn store verify`")
    }

    private func outcome(_ position: Position) throws(FileError) -> Outcome {
        let active = segments[position.segment]
        active.advanceWrittenEnd(to: position.offset)
        for segment in segments[..<position.segment] {
            segment.advanceWrittenEnd(to: try segment.byteCount())
        }
        return Outcome(
            active: active,
            end: LogPosition(
                segment: active.identity.number, offset: position.offset,
                headerOffset: position.headerOffset, chain: position.chain,
                nextSequence: PlantedBug.reuseSequence.isPlanted
                    ? max(1, position.nextSequence - 1) : position.nextSequence),
            spares: Array(
                segments[(position.segment + 1)...]
                    .suffix(PlantedBug.skipSpares.isPlanted ? 1 : .max)),
            needsSegment: position.isSealed && position.segment == segments.count - 1,
            unproven: unproven(position))
    }

    /// From the first frame that nothing proves durable to the end of what is whole.
    private func unproven(_ position: Position) -> [Extent] {
        guard let first = proof.firstUnproven else { return [] }
        var extents: [Extent] = []
        for number in segments.indices[first.segment...] where number <= position.segment {
            let start = number == first.segment ? first.offset : SegmentHeader.byteCount
            let end = segments[number].writtenEnd
            if start < end { extents.append(Extent(segment: segments[number], range: start..<end)) }
        }
        return extents
    }
}

extension Recovery.Outcome {
    /// Goes on in a segment that has just been made.
    mutating func goOn(in next: Segment) {
        active = next
        end = LogPosition(
            segment: next.identity.number, offset: SegmentHeader.byteCount, headerOffset: 0,
            chain: end.chain, nextSequence: end.nextSequence)
        needsSegment = false
    }

    /// Makes what is whole durable, before anything is served from it.
    ///
    /// A sync alone would not do: after a failed one Linux holds what it could not write for clean, so
    /// that programs still read it, and a later sync, which writes nothing, succeeds. What nothing
    /// proves durable is therefore written again.
    func makeDurable() throws(FileError) {
        if PlantedBug.serveUnsynced.isPlanted { return }
        for extent in unproven where !PlantedBug.believeLaterSync.isPlanted {
            for start in stride(
                from: extent.range.lowerBound, to: extent.range.upperBound, by: 1 << 20)
            {
                let count = min(1 << 20, extent.range.upperBound - start)
                let bytes = try extent.segment.read(at: start, byteCount: count)
                try extent.segment.write(bytes, at: start)
            }
            try extent.segment.synchronize(.all)
        }
        try active.synchronize(.all)
    }

    /// Overwrites a torn tail with zeros and reserves the active segment's space again.
    ///
    /// The file never gets shorter on the way, so a crash in the middle does not look like a file
    /// that somebody cut. A spare has never been written to, because a segment is sealed, durably,
    /// before the next one is used; it only needs its space.
    /// - Returns: how many bytes were overwritten.
    func reserveSpace(segmentByteCount: Int) throws(FileError) -> Int {
        var scanner = SegmentScanner(active, chain: 0, nextSequence: 0)
        let end = end.offset
        let dropped = try scanner.garbageByteCount(from: end)
        let zeros = [UInt8](repeating: 0, count: 64 << 10)
        for offset in stride(from: end, to: end + dropped, by: zeros.count) {
            let count = min(zeros.count, end + dropped - offset)
            try active.write(Array(zeros[..<count]), at: offset)
        }
        try active.reserve(LogState.capacity(forEnd: end, segmentByteCount: segmentByteCount))
        for spare in spares { try spare.reserve(segmentByteCount) }
        return dropped
    }
}
