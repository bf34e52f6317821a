/// Follows, frame by frame, how far the log is known to be on the platter.
///
/// What recovery finds behind that point may be in the kernel's memory alone, and the kernel may hold it
/// for clean: after a failed sync Linux marks the pages so, and the next sync writes nothing and succeeds
/// (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). So a sync by itself
/// proves nothing about what another process wrote; writing the bytes again does.
struct DurableEnd {
    /// A place in the log.
    struct Place: Hashable {
        /// Index into the segments.
        var segment: Int
        var offset: Int
    }

    /// Everything before it was durable when a later frame, or the manifest, was written.
    private(set) var place: Place
    private var promised: UInt64
    /// The batches behind `place`: their sequences, ascending, and where they end.
    private var unpromised: [(sequence: UInt64, end: Place)] = []

    /// - Parameter promised: what the manifest says is durable.
    init(start: Place, promised: UInt64) {
        place = start
        self.promised = promised
    }

    /// Takes the next whole frame, which lies in the segment with that index.
    mutating func take(_ frame: SegmentScanner.ScannedFrame, segment: Int) {
        let header = frame.header
        promised = max(promised, header.promisedSequence)
        if header.kind == .commit && !header.flags.contains(.batchContinues) {
            let last = header.firstSequence + UInt64(header.batchCount) - 1
            unpromised.append((last, Place(segment: segment, offset: frame.end)))
        }
        let covered = unpromised.prefix { $0.sequence <= promised }
        guard let last = covered.last else { return }
        place = last.end
        unpromised.removeFirst(covered.count)
    }
}
