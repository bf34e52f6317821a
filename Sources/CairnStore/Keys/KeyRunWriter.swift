/// Makes the bytes of a key run out of sorted entries, piece by piece.
///
/// What is finished can be taken out at any time, so that writing a run of any length needs the memory
/// of a block and the fences. Not thread-safe: one owner.
struct KeyRunWriter: Sendable {
    let header: KeyRunHeader
    private let identity: SegmentIdentity
    private let from: LogPosition
    private let to: LogPosition
    private let segments: KeyRunSegments
    private var encoder: KeyBlockEncoder
    private var fences = KeyFences()
    /// The fence of the block that is being made.
    private var fence: (keyspace: UInt64, key: [UInt8]) = (0, [])
    private var lastKeyspace: UInt64 = 0
    private var finished = ByteWriter()
    private(set) var entryCount: UInt64 = 0
    private(set) var putCount: UInt64 = 0
    private(set) var isFinished = false

    /// Begins a run.
    /// - Parameters:
    ///   - salt: random, so that no other file's bytes pass for this one's.
    ///   - segments: all that the entries lie in, in any order.
    init(
        store: StoreID, salt: UInt64, firstSequence: UInt64, lastSequence: UInt64,
        from: LogPosition, to: LogPosition, segments: [KeyRunSegment]
    ) {
        header = KeyRunHeader(
            store: store, firstSequence: firstSequence, lastSequence: lastSequence, salt: salt)
        precondition(header.isInRange, "a run covers at least one sequence")
        identity = header.identity
        self.from = from
        self.to = to
        self.segments = KeyRunSegments(segments)
        encoder = KeyBlockEncoder(firstSequence: firstSequence, segments: self.segments)
        finished.append(header.encoded())
    }

    /// Begins the run that `runs`, oldest first and without gaps, become.
    init(merging runs: [KeyRun], salt: UInt64) {
        precondition(!runs.isEmpty, "nothing to merge")
        var segments: [UInt64: KeyRunSegment] = [:]
        for segment in runs.flatMap(\.summary.segments.all) {
            let before = segments[segment.number]?.recordByteCount ?? 0
            segments[segment.number] = segment
            segments[segment.number]?.recordByteCount += before
        }
        let (first, last) = (runs[0], runs[runs.count - 1])
        self.init(
            store: first.store, salt: salt,
            firstSequence: runs.reduce(first.firstSequence) { min($0, $1.firstSequence) },
            lastSequence: runs.reduce(last.lastSequence) { max($0, $1.lastSequence) },
            from: first.summary.from, to: last.summary.to, segments: Array(segments.values))
    }

    /// Adds an entry, which must come after all there are.
    mutating func append(_ entry: IndexedKey, in bytes: [UInt8]) {
        let (shared, isGreater) = encoder.relation(of: entry.keyRange, in: bytes)
        let isFirst = entryCount == 0
        precondition(
            !isFinished
                && (isFirst || entry.keyspace > lastKeyspace
                    || entry.keyspace == lastKeyspace && isGreater),
            "the keys of a run ascend")
        precondition(
            header.firstSequence <= entry.sequence && entry.sequence <= header.lastSequence,
            "a key's sequence lies in its run")
        if encoder.entryCount == 0 { beginFence(entry, bytes[entry.keyRange], shared: shared) }
        encoder.append(entry, in: bytes, sharedByteCount: shared)
        lastKeyspace = entry.keyspace
        entryCount += 1
        if entry.kind == .put { putCount += 1 }
        if encoder.isFull { endBlock() }
    }

    /// Decides what tells the block that begins with `entry` from those before.
    private mutating func beginFence(
        _ entry: IndexedKey, _ key: ArraySlice<UInt8>, shared: Int
    ) {
        if entryCount == 0 {
            fence = (entry.keyspace, Array(key))
        } else if entry.keyspace != lastKeyspace {
            fence = (entry.keyspace, [])
        } else {
            fence = (entry.keyspace, Array(key.prefix(shared + 1)))
        }
    }

    private mutating func endBlock() {
        let count = encoder.entryCount
        let bytes = encoder.takeBlock(in: identity, at: fences.end)
        let (keyspace, key) = fence
        fences.append(
            keyspace: keyspace, key: key[...], byteCount: bytes.count, entryCount: count)
        finished.append(bytes)
    }

    /// Ends the run: no more entries.
    /// - Parameter proof: a place of the log behind all that the run covers; a run in memory needs none.
    mutating func finish(proof: LogPosition? = nil) {
        precondition(!isFinished, "a run ends once")
        if encoder.entryCount > 0 { endBlock() }
        isFinished = true
        let fenceBytes = fences.encoded(in: identity)
        let summaryOffset = fences.end + fenceBytes.count
        let summary = KeyRunSummary(
            from: from, to: to, proof: proof ?? to, entryCount: entryCount, putCount: putCount,
            segments: segments)
        let summaryBytes = summary.encoded(in: identity, at: summaryOffset)
        let trailer = KeyRunTrailer(
            header: header, blockCount: fences.count, fences: fences.end..<summaryOffset,
            summary: summaryOffset..<summaryOffset + summaryBytes.count)
        finished.append(fenceBytes)
        finished.append(summaryBytes)
        finished.append(trailer.encoded())
    }

    /// How many bytes `takeBytes` would give out.
    var finishedByteCount: Int { finished.count }

    /// What has been finished since the last call: the next bytes of the file.
    mutating func takeBytes() -> [UInt8] {
        defer { finished = ByteWriter() }
        return finished.bytes
    }
}
