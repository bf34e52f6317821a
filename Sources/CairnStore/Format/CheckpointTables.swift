/// What a checkpoint holds besides the slots: Docs/Formats/Checkpoint.md, "Tables".
struct CheckpointTables: Sendable {
    /// One shard of the index.
    struct Shard: Hashable, Sendable {
        var count: Int
        var checksum: UInt32
    }

    /// One segment, in the order of the index's slots.
    struct Segment: Hashable, Sendable {
        var number: UInt64
        var salt: UInt64
        var recordByteCount: Int
        var liveByteCount: Int
    }

    var shards: [Shard] = []
    var segments: [Segment] = []
    var spaces: [UInt64: StoreAccounts.Space] = [:]
    var unswept: [UInt64] = []
    var nextKeyspace: UInt64 = 1
    var lastDropSequence: UInt64 = 0

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        for shard in shards {
            writer.append(UInt32(shard.count))
            writer.append(shard.checksum)
        }
        writer.append(UInt32(segments.count))
        for segment in segments {
            writer.append(segment.number)
            writer.append(segment.salt)
            writer.append(UInt64(segment.recordByteCount))
            writer.append(UInt64(max(0, segment.liveByteCount)))
        }
        writer.append(nextKeyspace)
        writer.append(lastDropSequence)
        writer.append(UInt32(unswept.count))
        for number in unswept { writer.appendVarint(number) }
        writer.append(UInt32(spaces.count))
        for (number, space) in spaces.sorted(by: { $0.key < $1.key }) {
            let name = Array(space.name.utf8)
            writer.appendVarint(number)
            writer.appendVarint(UInt64(name.count))
            writer.append(name)
            writer.appendVarint(UInt64(space.keyCount))
            writer.appendVarint(UInt64(max(0, space.byteCount)))
            writer.appendVarint(space.lastSequence)
        }
        return writer.bytes
    }

    init() {}

    /// Reads tables; `nil` unless they are whole and every number is in range.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        for _ in 0..<IndexTable.shardCount {
            guard let count = reader.word(UInt32.self), let checksum = reader.word(UInt32.self)
            else { return nil }
            shards.append(Shard(count: Int(count), checksum: checksum))
        }
        guard let segmentCount = reader.word(UInt32.self),
            segmentCount <= StoreLimits.segmentCountMax
        else { return nil }
        for _ in 0..<segmentCount {
            guard let number = reader.word(UInt64.self), let salt = reader.word(UInt64.self),
                let records = reader.word(UInt64.self), records <= StoreLimits.numberMax,
                let live = reader.word(UInt64.self), live <= StoreLimits.numberMax
            else { return nil }
            segments.append(
                Segment(
                    number: number, salt: salt, recordByteCount: Int(records),
                    liveByteCount: Int(live)))
        }
        guard let next = reader.word(UInt64.self), next <= StoreLimits.numberMax,
            let lastDrop = reader.word(UInt64.self), let unsweptCount = reader.word(UInt32.self)
        else { return nil }
        nextKeyspace = next
        lastDropSequence = lastDrop
        for _ in 0..<unsweptCount {
            guard let number = reader.number() else { return nil }
            unswept.append(number)
        }
        guard readSpaces(&reader), reader.remaining == 0 else { return nil }
    }

    private mutating func readSpaces(_ reader: inout ByteReader) -> Bool {
        guard let count = reader.word(UInt32.self) else { return false }
        for _ in 0..<count {
            guard let number = reader.number(), number < nextKeyspace,
                let nameByteCount = reader.count(max: StoreLimits.keyspaceNameByteCountMax),
                let name = reader.skip(nameByteCount), let keys = reader.number(),
                let bytes = reader.number(), let last = reader.number()
            else { return false }
            spaces[number] = StoreAccounts.Space(
                name: String(decoding: reader.bytes[name], as: UTF8.self), keyCount: Int(keys),
                byteCount: Int(bytes), lastSequence: last)
        }
        return true
    }
}
