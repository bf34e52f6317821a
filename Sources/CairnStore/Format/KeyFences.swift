/// Where the blocks of a run are and what each begins with: Docs/Formats/KeyFooter.md, "Fences".
///
/// A block's fence is the shortest beginning of its first key that lies above all keys before the
/// block (the first block's, its whole first key), so that a fence costs some fifty bytes of memory.
///
/// Invariants
/// - Fences ascend strictly; `fence(i) <= every key of block i < fence(i + 1)`.
/// - Blocks lie one behind the other from `KeyRunHeader.byteCount` to `end`.
struct KeyFences: Hashable, Sendable {
    struct Fence: Hashable, Sendable {
        /// Where the block is in the run's file.
        var offset: UInt64
        var keyspace: UInt64
        var keyOffset: UInt32
        var keyByteCount: UInt32
        /// The block's length.
        var byteCount: UInt32
        var entryCount: UInt32

        var keyRange: Range<Int> { Int(keyOffset)..<Int(keyOffset) + Int(keyByteCount) }
        var blockRange: Range<Int> { Int(offset)..<Int(offset) + Int(byteCount) }
    }

    /// The section's length: places in `bytes` have 32 bits.
    static let byteCountMax = 1 << 31
    /// Four varints of a byte.
    private static let fenceByteCountMin = 4

    /// All fences' keys, one behind the other.
    private(set) var bytes: [UInt8] = []
    private(set) var all: [Fence] = []
    /// Where the last block ends.
    private(set) var end = KeyRunHeader.byteCount

    var count: Int { all.count }

    subscript(_ index: Int) -> Fence { all[index] }

    /// The fence's key, as a place in the order of keys.
    func point(_ index: Int) -> KeyPoint {
        KeyPoint(keyspace: all[index].keyspace, key: Array(bytes[all[index].keyRange]))
    }

    /// What the fences take in memory.
    var cost: Int { bytes.count + all.count * MemoryLayout<Fence>.stride }

    mutating func append(
        keyspace: UInt64, key: ArraySlice<UInt8>, byteCount: Int, entryCount: Int
    ) {
        all.append(
            Fence(
                offset: UInt64(end), keyspace: keyspace, keyOffset: UInt32(bytes.count),
                keyByteCount: UInt32(key.count), byteCount: UInt32(byteCount),
                entryCount: UInt32(entryCount)))
        bytes.append(contentsOf: key)
        end += byteCount
    }

    /// Negative, zero or positive as the fence sorts before, with or after the point.
    func compare(_ index: Int, _ keyspace: UInt64, _ key: [UInt8]) -> Int {
        let fence = all[index]
        guard fence.keyspace == keyspace else { return fence.keyspace < keyspace ? -1 : 1 }
        return KeyMemory.compare(bytes, fence.keyRange, key, 0..<key.count)
    }

    /// The only block that can hold the key, or the first one when the key lies before all.
    func index(for keyspace: UInt64, _ key: [UInt8]) -> Int {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if compare(middle, keyspace, key) <= 0 { low = middle + 1 } else { high = middle }
        }
        return max(low - 1, 0)
    }

    /// The section, which will live at `end` of the run.
    func encoded(in run: SegmentIdentity) -> [UInt8] {
        var writer = ByteWriter(capacity: bytes.count + all.count * 10 + 4)
        for fence in all {
            writer.appendVarint(fence.keyspace)
            writer.appendVarint(UInt64(fence.byteCount))
            writer.appendVarint(UInt64(fence.entryCount))
            writer.appendVarint(UInt64(fence.keyByteCount))
            writer.append(bytes[fence.keyRange])
        }
        writer.append(run.checksum(of: writer.bytes, in: 0..<writer.count, at: end))
        return writer.bytes
    }

    init() {}

    /// Reads the fences of `count` blocks out of a section whose checksum holds; `nil` unless all of it
    /// is used and every number is in range.
    init?(_ reader: inout ByteReader, count: Int) {
        guard count <= reader.remaining / Self.fenceByteCountMin else { return nil }
        all.reserveCapacity(count)
        bytes.reserveCapacity(reader.remaining - count * Self.fenceByteCountMin)
        for index in 0..<count {
            guard let keyspace = reader.number(),
                let byteCount = reader.count(max: KeyBlockFormat.byteCountMax),
                let entryCount = reader.count(max: KeyBlockFormat.entryCountMax), entryCount > 0,
                let keyByteCount = reader.count(max: StoreLimits.keyByteCountMax),
                let key = reader.skip(keyByteCount)
            else { return nil }
            append(
                keyspace: keyspace, key: reader.bytes[key], byteCount: byteCount,
                entryCount: entryCount)
            guard index == 0 || isAscending(at: index) else { return nil }
        }
        guard reader.remaining == 0 else { return nil }
    }

    private func isAscending(at index: Int) -> Bool {
        let (before, after) = (all[index - 1], all[index])
        guard before.keyspace == after.keyspace else { return before.keyspace < after.keyspace }
        return KeyMemory.compare(bytes, before.keyRange, bytes, after.keyRange) < 0
    }
}
