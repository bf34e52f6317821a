/// Builds one block after the other: entries in, bytes out. Docs/Formats/KeyFooter.md, "Block".
///
/// Keys are written as what they add to the key before, which is why a block can only be read whole.
///
/// Invariant: `block` is never shorter than `byteCount` and what one more entry's fields may take.
struct KeyBlockEncoder {
    private let firstSequence: UInt64
    private let segments: KeyRunSegments
    /// The block so far, and room.
    private var block: [UInt8]
    private var byteCount = KeyBlockFormat.headerByteCount
    private(set) var entryCount = 0
    private var decodedByteCount = 0
    private var keyspace: UInt64 = 0
    private var segmentIndex = 0
    /// The key of the entry before, of whichever block, and room.
    private var lastKey: [UInt8] = []
    private var lastKeyByteCount = 0

    init(firstSequence: UInt64, segments: KeyRunSegments) {
        self.firstSequence = firstSequence
        self.segments = segments
        block = Array(repeating: 0, count: 2 * KeyBlockFormat.cutByteCount)
    }

    /// Whether the block is long enough.
    var isFull: Bool {
        byteCount >= KeyBlockFormat.cutByteCount
            || decodedByteCount >= KeyBlockFormat.decodedCutByteCount
    }

    /// How many bytes the key begins with in common with the one before, and whether it is greater.
    func relation(of key: Range<Int>, in bytes: [UInt8]) -> (shared: Int, isGreater: Bool) {
        let shared = KeyMemory.commonPrefix(bytes, key, lastKey, 0..<lastKeyByteCount)
        guard shared < key.count else { return (shared, false) }
        return (
            shared,
            shared == lastKeyByteCount || bytes[key.lowerBound + shared] > lastKey[shared]
        )
    }

    /// Adds an entry whose key shares its first `sharedByteCount` bytes with the one before.
    mutating func append(_ entry: IndexedKey, in bytes: [UInt8], sharedByteCount: Int) {
        if entryCount == 0 { startBlock() }
        let shared = entryCount == 0 ? 0 : sharedByteCount
        let start = Int(entry.keyOffset)
        let keyByteCount = Int(entry.keyByteCount)
        let end = start + keyByteCount + Int(entry.metadataByteCount)
        makeRoom(for: end - start, key: keyByteCount)
        let segment = segments.index(of: entry.segment, guess: segmentIndex)
        let flags = flags(of: entry, segment: segment)
        let sequence = entry.sequence - firstSequence
        let keyspace = entry.keyspace - keyspace
        var place = byteCount
        var span = block.mutableSpan
        span[place] = flags.rawValue
        place += 1
        Self.write(UInt64(shared), &span, &place)
        Self.write(UInt64(keyByteCount - shared), &span, &place)
        Self.write(sequence, &span, &place)
        Self.write(UInt64(entry.offset), &span, &place)
        Self.write(UInt64(entry.byteCount), &span, &place)
        if flags.contains(.expires) { Self.write(UInt64(bitPattern: entry.expiry), &span, &place) }
        if flags.contains(.hasMetadata) {
            Self.write(UInt64(entry.metadataByteCount), &span, &place)
        }
        if flags.contains(.hasChunks) { Self.write(UInt64(entry.footprint), &span, &place) }
        if flags.contains(.hasTarget) { Self.write(entry.target, &span, &place) }
        if flags.contains(.otherKeyspace) { Self.write(keyspace, &span, &place) }
        if flags.contains(.otherSegment) { Self.write(UInt64(segment), &span, &place) }
        for index in start + shared..<end {
            span[place] = bytes[index]
            place += 1
        }
        byteCount = place
        // The last key is kept by what it adds, like on disk.
        var last = lastKey.mutableSpan
        for index in sharedByteCount..<keyByteCount { last[index] = bytes[start + index] }
        lastKeyByteCount = keyByteCount
        self.keyspace = entry.keyspace
        segmentIndex = segment
        decodedByteCount += end - start
        entryCount += 1
    }

    private func flags(of entry: IndexedKey, segment: Int) -> KeyBlockFormat.Flags {
        var flags: KeyBlockFormat.Flags = entry.kind == .delete ? .tombstone : []
        if entry.expiry != IndexedKey.never { flags.insert(.expires) }
        if entry.metadataByteCount > 0 { flags.insert(.hasMetadata) }
        if entry.footprint != entry.byteCount { flags.insert(.hasChunks) }
        if entry.target != 0 { flags.insert(.hasTarget) }
        if entry.keyspace != keyspace { flags.insert(.otherKeyspace) }
        if segment != segmentIndex { flags.insert(.otherSegment) }
        return flags
    }

    /// The same as `ByteWriter.appendVarint`, without looking for room.
    private static func write(
        _ value: UInt64, _ span: inout MutableSpan<UInt8>, _ place: inout Int
    ) {
        var rest = value
        while rest >= 0x80 {
            span[place] = UInt8(truncatingIfNeeded: rest) | 0x80
            place += 1
            rest >>= 7
        }
        span[place] = UInt8(truncatingIfNeeded: rest)
        place += 1
    }

    private mutating func makeRoom(for dataByteCount: Int, key keyByteCount: Int) {
        let needed = byteCount + KeyBlockFormat.entryFieldsByteCountMax + dataByteCount
        if block.count < needed {
            block.append(contentsOf: repeatElement(0, count: needed - block.count))
        }
        if lastKey.count < keyByteCount {
            lastKey.append(contentsOf: repeatElement(0, count: keyByteCount - lastKey.count))
        }
    }

    private mutating func startBlock() {
        byteCount = KeyBlockFormat.headerByteCount
        keyspace = 0
        segmentIndex = 0
        decodedByteCount = 0
    }

    /// Ends the block, which will live at `offset` of the run, and gives out its bytes.
    mutating func takeBlock(in run: SegmentIdentity, at offset: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: byteCount + KeyBlockFormat.checksumByteCount)
        writer.append(block[..<byteCount])
        writer.overwrite(at: 0, with: UInt32(entryCount))
        writer.overwrite(at: 4, with: UInt32(decodedByteCount))
        writer.append(run.checksum(of: writer.bytes, in: 0..<byteCount, at: offset))
        entryCount = 0
        return writer.bytes
    }
}
