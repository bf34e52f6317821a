/// What a log says about its own durability while it is read: the manifest's floor and the frames'
/// promises prove everything up to some commit; what comes after it may only be in the kernel's memory.
struct DurabilityProof {
    /// Where a frame is.
    struct Place {
        /// Index into the log's segments.
        let segment: Int
        let offset: Int
    }

    /// Everything up to this sequence is on the platter.
    private var durable: UInt64
    /// Frames that were not yet proven when they were read, with the sequence that proves them.
    private var frames: [(sequence: UInt64, place: Place)] = []

    init(durable: UInt64) { self.durable = durable }

    /// Takes the next frame of the log.
    mutating func take(_ frame: ScannedFrame, in segment: Int) {
        durable = max(durable, frame.header.promisedSequence)
        if let last = frames.last, last.sequence <= durable {
            frames.removeAll(keepingCapacity: true)
        }
        // A frame without batches is durable once a commit behind it is.
        let sequence = frame.header.firstSequence + UInt64(max(1, frame.header.batchCount)) - 1
        guard sequence > durable else { return }
        frames.append((sequence, Place(segment: segment, offset: frame.offset)))
    }

    /// Where the first frame begins that nothing proves durable; `nil` when there is none.
    var firstUnproven: Place? { frames.first { $0.sequence > durable }?.place }
}
