import CairnPlatform

/// The first 64 bytes of a checkpoint: Docs/Formats/Checkpoint.md, "Header".
struct CheckpointHeader: Hashable, Sendable {
    static let byteCount = 64
    /// "CAIRNCHK"
    static let magic: UInt64 = 0x4B48_434E_5249_4143

    var store: StoreID
    /// The first sequence that is not in every shard.
    var nextSequence: UInt64
    /// Random: no other checkpoint's bytes pass for this one's.
    var salt: UInt64

    /// What the checksums of the file are seeded with.
    var identity: SegmentIdentity {
        SegmentIdentity(store: store, number: nextSequence, salt: salt)
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(Self.magic)
        writer.append(FormatVersion.current.rawValue)
        writer.append(UInt16(0))
        writer.append(UInt32(IndexTable.shardCount))
        writer.append(store.high)
        writer.append(store.low)
        writer.append(nextSequence)
        writer.append(salt)
        writer.appendZeros(Self.byteCount - 4 - writer.count)
        var checksum = CRC32C()
        checksum.add(writer.bytes)
        writer.append(checksum.value)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(CheckpointDefect) -> CheckpointHeader {
        guard bytes.count == byteCount else { throw .short(bytes.count) }
        var reader = ByteReader(bytes)
        guard reader.word(UInt64.self) == magic else { throw .magic }
        guard let version = reader.word(UInt16.self) else { throw .short(bytes.count) }
        guard version == FormatVersion.current.rawValue else { throw .version(version) }
        var checksum = CRC32C()
        checksum.add(bytes, in: 0..<byteCount - 4)
        var tail = ByteReader(bytes, in: byteCount - 4..<byteCount)
        guard tail.word(UInt32.self) == checksum.value else { throw .checksum(offset: 0) }
        guard reader.word(UInt16.self) == 0,
            reader.word(UInt32.self) == UInt32(IndexTable.shardCount),
            let high = reader.word(UInt64.self), let low = reader.word(UInt64.self),
            let nextSequence = reader.word(UInt64.self), nextSequence <= StoreLimits.numberMax,
            let salt = reader.word(UInt64.self)
        else { throw .range(offset: 8) }
        return CheckpointHeader(
            store: StoreID(high: high, low: low), nextSequence: nextSequence, salt: salt)
    }
}

/// Why a checkpoint cannot be used. It is derived data: who meets one goes on without it.
enum CheckpointDefect: Error, Hashable {
    /// It ends too soon.
    case short(Int)
    case magic
    case version(UInt16)
    /// What is at that offset is not what was written there.
    case checksum(offset: Int)
    /// Checksummed, but what is at that offset cannot be right.
    case range(offset: Int)
    /// Of another store.
    case store
    /// It names a segment that the manifest does not.
    case segment(UInt64)
    /// The log is not what it was when the checkpoint was made.
    case position

    /// Where in the file; 0 where that cannot be said.
    var offset: Int {
        switch self {
        case .checksum(let offset), .range(let offset): offset
        case .short, .magic, .version, .store, .segment, .position: 0
        }
    }

    var description: String {
        switch self {
        case .short(let count): "it ends after \(count) bytes"
        case .magic: "it does not begin like one"
        case .version(let version): "it has version \(version)"
        case .checksum(let offset): "the checksum at offset \(offset) is wrong"
        case .range(let offset): "a number at offset \(offset) cannot be right"
        case .store: "it is another store's"
        case .segment(let number): "it names segment \(number), which the manifest does not"
        case .position: "the log is not what it was when it was made"
        }
    }
}
