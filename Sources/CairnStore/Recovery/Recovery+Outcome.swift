import CairnFiles
import CairnPlatform

extension Recovery {
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
}

extension Recovery.Outcome {
    /// Takes what a recovery came to, and tells the segments how far they are written.
    init(_ log: RecoveredLog, _ segments: [Segment]) {
        active = segments[log.segment]
        active.advanceWrittenEnd(to: log.end.offset)
        for (segment, byteCount) in zip(segments, log.earlierByteCounts) {
            segment.advanceWrittenEnd(to: byteCount)
        }
        end = log.end
        spares = Array(
            segments[(log.segment + 1)...]
                .suffix(PlantedBug.skipSpares.isPlanted ? 1 : .max))
        needsSegment = log.isSealed
        unproven = log.unproven.map {
            Recovery.Extent(segment: segments[$0.segment], range: $0.range)
        }
    }

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
        let end = end.offset
        let dropped = try active.garbageByteCount(from: end)
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
