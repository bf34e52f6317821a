/// The newest changes of keys in the order of the log, to be sorted when somebody lists or when there
/// are enough for a run.
///
/// Appending copies key and metadata behind those of the entries before. A key may occur more than
/// once: the last one appended is the newest.
struct KeyBuffer: Sendable {
    /// What a segment holds of the stretch of the log that the buffer covers.
    struct SegmentShare: Hashable, Sendable {
        var number: UInt64
        var recordByteCount: UInt64
    }

    /// Places in it have 32 bits; far above what a buffer is let grow to.
    private static let byteCountMax = Int(UInt32.max) / 2

    private(set) var bytes: [UInt8] = []
    private(set) var entries: [IndexedKey] = []
    private(set) var segments: [SegmentShare] = []
    /// The sequences of the first and the last entry; `nil` without entries.
    private(set) var sequences: ClosedRange<UInt64>?

    init() {}

    /// Bytes of the records whose keys are here, and of their chunks.
    var recordByteCount: Int { segments.reduce(0) { $0 + Int($1.recordByteCount) } }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// Bytes of keys and metadata.
    var byteCount: Int { bytes.count }

    /// Bytes of memory that the entries take.
    var cost: Int { bytes.count + entries.count * MemoryLayout<IndexedKey>.stride }

    /// Adds a change, newer than all there are, and counts its record. The places of key and metadata
    /// in `entry` are filled in.
    mutating func append(_ entry: IndexedKey, key: [UInt8], metadata: [UInt8] = []) {
        precondition(
            bytes.count + key.count + metadata.count <= Self.byteCountMax, "the buffer is full")
        var entry = entry
        entry.keyOffset = UInt32(bytes.count)
        entry.keyByteCount = UInt32(key.count)
        entry.metadataByteCount = UInt32(metadata.count)
        bytes.append(contentsOf: key)
        if !metadata.isEmpty { bytes.append(contentsOf: metadata) }
        entries.append(entry)
        countRecordBytes(Int(entry.byteCount), in: entry.segment)
        let first = sequences?.lowerBound ?? entry.sequence
        sequences = min(first, entry.sequence)...max(sequences?.upperBound ?? first, entry.sequence)
    }

    /// Counts records that are not keys': chunks of values.
    mutating func countRecordBytes(_ byteCount: Int, in segment: UInt64) {
        // Nearly always the one counted last.
        if let last = segments.indices.last, segments[last].number == segment {
            segments[last].recordByteCount += UInt64(byteCount)
        } else if let index = segments.firstIndex(where: { $0.number == segment }) {
            segments[index].recordByteCount += UInt64(byteCount)
        } else {
            segments.append(SegmentShare(number: segment, recordByteCount: UInt64(byteCount)))
        }
    }
}
