import CairnPlatform
import Synchronization

/// An opened key run: its fences and its summary are in memory, its blocks are read when asked for.
///
/// Everything that is in memory was verified by the open, and every block is by its read: checksum,
/// numbers, order, and that it lies between its fences. Never changes; any thread may read.
/// Docs/Formats/KeyFooter.md.
final class KeyRun: Sendable {
    /// Unlike that of any other run of this process, for caches.
    let id: UInt64
    let header: KeyRunHeader
    let summary: KeyRunSummary
    let fences: KeyFences
    let source: KeyRunSource
    private let identity: SegmentIdentity
    private let context: KeyMemory.BlockContext

    private static let ids = Atomic<UInt64>(0)

    private init(
        header: KeyRunHeader, summary: KeyRunSummary, fences: KeyFences, source: KeyRunSource
    ) {
        id = Self.ids.wrappingAdd(1, ordering: .relaxed).newValue
        self.header = header
        self.summary = summary
        self.fences = fences
        self.source = source
        identity = header.identity
        context = KeyMemory.BlockContext(
            firstSequence: header.firstSequence, lastSequence: header.lastSequence,
            segments: summary.segments.numbers)
    }

    /// Reads and verifies all of a run but its blocks.
    /// - Parameters:
    ///   - store: whose it must be.
    ///   - name: what its file is called; `nil` for a run that has no file.
    static func open(
        _ source: KeyRunSource, store: StoreID, name: KeyRunName? = nil
    ) throws(KeyRunError) -> KeyRun {
        let end = source.byteCount
        guard end >= KeyRunHeader.byteCount + KeyRunTrailer.byteCount else { throw .short(end) }
        let header = try KeyRunHeader.decode(try copy(source, 0..<KeyRunHeader.byteCount))
        let trailer = try KeyRunTrailer.decode(
            try copy(source, end - KeyRunTrailer.byteCount..<end), fileByteCount: end)
        guard trailer.header == header else { throw .range(offset: 0) }
        guard header.store == store else { throw .store(header.store) }
        let covered = KeyRunName(
            firstSequence: header.firstSequence, lastSequence: header.lastSequence)
        guard name == nil || name == covered else { throw .name(covered) }
        guard
            let fences = try section(
                source, trailer.fences, in: header,
                { KeyFences(&$0, count: trailer.blockCount) }),
            fences.end == trailer.fences.lowerBound
        else { throw .range(offset: trailer.fences.lowerBound) }
        guard let summary = try section(source, trailer.summary, in: header, KeyRunSummary.init),
            fences.all.reduce(0, { $0 + UInt64($1.entryCount) }) == summary.entryCount
        else { throw .range(offset: trailer.summary.lowerBound) }
        return KeyRun(header: header, summary: summary, fences: fences, source: source)
    }

    private static func copy(
        _ source: KeyRunSource, _ range: Range<Int>
    ) throws(KeyRunError) -> [UInt8] {
        let (bytes, found) = try source.read(range)
        return Array(bytes[found])
    }

    /// Reads what lies in `range` before a checksum, which must hold.
    private static func section<Section>(
        _ source: KeyRunSource, _ range: Range<Int>, in header: KeyRunHeader,
        _ decode: (inout ByteReader) -> Section?
    ) throws(KeyRunError) -> Section? {
        let (bytes, found) = try source.read(range)
        let end = try verify(bytes, found, in: header.identity, at: range.lowerBound)
        var reader = ByteReader(bytes, in: found.lowerBound..<end)
        return decode(&reader)
    }

    /// Where the checksum begins that ends `bytes[range]` and holds.
    private static func verify(
        _ bytes: [UInt8], _ range: Range<Int>, in run: SegmentIdentity, at offset: Int
    ) throws(KeyRunError) -> Int {
        let end = range.upperBound - KeyBlockFormat.checksumByteCount
        guard end >= range.lowerBound else { throw .range(offset: offset) }
        var tail = ByteReader(bytes, in: end..<range.upperBound)
        guard
            tail.word(UInt32.self)
                == run.checksum(of: bytes, in: range.lowerBound..<end, at: offset)
        else { throw .checksum(offset: offset) }
        return end
    }

    var store: StoreID { header.store }
    var firstSequence: UInt64 { header.firstSequence }
    var lastSequence: UInt64 { header.lastSequence }
    var name: KeyRunName { KeyRunName(firstSequence: firstSequence, lastSequence: lastSequence) }
    var blockCount: Int { fences.count }
    /// The file's length.
    var byteCount: Int { source.byteCount }
    /// Bytes of memory without blocks and without what an in-memory source holds.
    var cost: Int { fences.cost + summary.segments.all.count * 32 + 256 }

    /// The only block that can hold the key; 0 when the key lies before all.
    func blockIndex(for keyspace: UInt64, key: [UInt8]) -> Int {
        fences.index(for: keyspace, key)
    }

    /// Reads, verifies and decodes a block, unless `cache` has it.
    func block(
        _ index: Int, cache: (any KeyBlockCache)? = nil
    ) throws(KeyRunError) -> KeyBlock {
        guard let cache else { return try readBlock(index) }
        return try cache.block(run: id, index: index) { () throws(KeyRunError) in
            try readBlock(index)
        }
    }

    private func readBlock(_ index: Int) throws(KeyRunError) -> KeyBlock {
        let fence = fences[index]
        let offset = fence.blockRange.lowerBound
        let (bytes, range) = try source.read(fence.blockRange)
        let end = try Self.verify(bytes, range, in: identity, at: offset)
        guard let decoded = KeyMemory.decodeBlock(bytes, range.lowerBound..<end, in: context),
            decoded.entries.count == Int(fence.entryCount)
        else { throw .range(offset: offset) }
        let block = KeyBlock(bytes: decoded.bytes, entries: decoded.entries)
        guard isBetweenFences(block, index) else { throw .range(offset: offset) }
        return block
    }

    /// Whether the block begins at or after its fence and ends before the next one.
    private func isBetweenFences(_ block: KeyBlock, _ index: Int) -> Bool {
        guard fences.compare(index, block, 0) <= 0 else { return false }
        return index + 1 == fences.count || fences.compare(index + 1, block, block.count - 1) > 0
    }
}

extension KeyFences {
    /// Negative, zero or positive as the fence sorts before, with or after the entry.
    fileprivate func compare(_ index: Int, _ block: KeyBlock, _ entry: Int) -> Int {
        let (fence, entry) = (all[index], block.entries[entry])
        guard fence.keyspace == entry.keyspace else {
            return fence.keyspace < entry.keyspace ? -1 : 1
        }
        return KeyMemory.compare(bytes, fence.keyRange, block.bytes, entry.keyRange)
    }
}
