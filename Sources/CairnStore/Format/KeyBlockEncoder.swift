/// Builds one block after the other: entries in, bytes out. Docs/Formats/KeyFooter.md, "Block".
///
/// Keys are written as what they add to the key before, which is why a block can only be read whole.
struct KeyBlockEncoder {
    private let firstSequence: UInt64
    private let segments: KeyRunSegments
    private var writer = ByteWriter(capacity: 2 * KeyBlockFormat.cutByteCount)
    private(set) var entryCount = 0
    private var decodedByteCount = 0
    private var keyspace: UInt64 = 0
    private var segmentIndex = 0
    /// The key of the entry before, of whichever block.
    private(set) var lastKey: [UInt8] = []

    init(firstSequence: UInt64, segments: KeyRunSegments) {
        self.firstSequence = firstSequence
        self.segments = segments
    }

    /// Whether the block is long enough.
    var isFull: Bool {
        writer.count >= KeyBlockFormat.cutByteCount
            || decodedByteCount >= KeyBlockFormat.decodedCutByteCount
    }

    /// Adds an entry whose key shares its first `sharedByteCount` bytes with the one before.
    mutating func append(_ entry: IndexedKey, in bytes: [UInt8], sharedByteCount: Int) {
        if entryCount == 0 { startBlock() }
        let shared = entryCount == 0 ? 0 : sharedByteCount
        let keyByteCount = Int(entry.keyByteCount)
        let segment = segments.index(of: entry.segment, guess: segmentIndex)
        var flags: KeyBlockFormat.Flags = entry.kind == .delete ? .tombstone : []
        if entry.expiry != IndexedKey.never { flags.insert(.expires) }
        if entry.metadataByteCount > 0 { flags.insert(.hasMetadata) }
        if entry.footprint != entry.byteCount { flags.insert(.hasChunks) }
        if entry.target != 0 { flags.insert(.hasTarget) }
        if entry.keyspace != keyspace { flags.insert(.otherKeyspace) }
        if segment != segmentIndex { flags.insert(.otherSegment) }
        writer.append(flags.rawValue)
        writer.appendVarint(UInt64(shared))
        writer.appendVarint(UInt64(keyByteCount - shared))
        writer.appendVarint(entry.sequence - firstSequence)
        writer.appendVarint(UInt64(entry.offset))
        writer.appendVarint(UInt64(entry.byteCount))
        if flags.contains(.expires) { writer.appendVarint(UInt64(bitPattern: entry.expiry)) }
        if flags.contains(.hasMetadata) { writer.appendVarint(UInt64(entry.metadataByteCount)) }
        if flags.contains(.hasChunks) { writer.appendVarint(UInt64(entry.footprint)) }
        if flags.contains(.hasTarget) { writer.appendVarint(entry.target) }
        if flags.contains(.otherKeyspace) { writer.appendVarint(entry.keyspace - keyspace) }
        if flags.contains(.otherSegment) { writer.appendVarint(UInt64(segment)) }
        let start = Int(entry.keyOffset)
        let end = start + keyByteCount + Int(entry.metadataByteCount)
        writer.append(bytes[start + shared..<end])
        // The last key is kept by what it adds, like on disk.
        lastKey.removeLast(lastKey.count - sharedByteCount)
        lastKey.append(contentsOf: bytes[start + sharedByteCount..<start + keyByteCount])
        keyspace = entry.keyspace
        segmentIndex = segment
        decodedByteCount += end - start
        entryCount += 1
    }

    private mutating func startBlock() {
        writer.append(UInt32(0))
        writer.append(UInt32(0))
        keyspace = 0
        segmentIndex = 0
        decodedByteCount = 0
    }

    /// Ends the block, which will live at `offset` of the run, and gives out its bytes.
    mutating func takeBlock(in run: SegmentIdentity, at offset: Int) -> [UInt8] {
        writer.overwrite(at: 0, with: UInt32(entryCount))
        writer.overwrite(at: 4, with: UInt32(decodedByteCount))
        writer.append(run.checksum(of: writer.bytes, in: 0..<writer.count, at: offset))
        let bytes = writer.bytes
        writer = ByteWriter(capacity: 2 * KeyBlockFormat.cutByteCount)
        entryCount = 0
        return bytes
    }
}
