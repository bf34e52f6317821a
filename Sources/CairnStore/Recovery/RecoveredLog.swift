/// What a log that may be opened comes to, by the indices of its segments.
struct RecoveredLog: Hashable {
    /// A part of a segment.
    struct Extent: Hashable {
        let segment: Int
        let range: Range<Int>
    }

    /// The segment that the log ends in.
    let segment: Int
    /// Where the next frame goes.
    let end: LogPosition
    /// The log ends with that segment's seal: it goes on in the next one.
    let isSealed: Bool
    /// The lengths of the segments before it.
    let earlierByteCounts: [Int]
    /// What nothing proves durable, in log order.
    let unproven: [Extent]
}
