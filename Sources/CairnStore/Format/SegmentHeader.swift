import CairnPlatform

/// The first 4096 bytes of a segment: Docs/Formats/Segment.md, "Header".
struct SegmentHeader: Hashable, Sendable {
    static let byteCount = 4096
    /// "CAIRNSEG"
    static let magic: UInt64 = 0x4745_534E_5249_4143
    /// The log of commits; other roles are for later kinds of segment.
    static let roleLog: UInt8 = 1

    var identity: SegmentIdentity
    var epoch: UInt32
    var createdAt: Int64
    /// No commit before this sequence is in the segment.
    var sequenceFloor: UInt64
    var historyFloor: UInt64

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(Self.magic)
        writer.append(FormatVersion.current.rawValue)
        writer.append(Self.roleLog)
        writer.append(UInt8(0))  // encryption: none
        writer.append(epoch)
        writer.append(identity.store.high)
        writer.append(identity.store.low)
        writer.append(identity.number)
        writer.append(identity.salt)
        writer.append(createdAt)
        writer.append(sequenceFloor)
        writer.append(historyFloor)
        writer.append(UInt32(0))  // dictionary id: none
        writer.append(UInt32(0))  // dictionary length
        writer.appendZeros(Self.byteCount - 4 - writer.count)
        var checksum = CRC32C()
        checksum.add(writer.bytes)
        writer.append(checksum.value)
        return writer.bytes
    }

    /// Reads a header, or says what is wrong with it.
    static func decode(_ bytes: [UInt8]) -> Result<SegmentHeader, HeaderDefect> {
        var reader = ByteReader(bytes)
        guard bytes.count == byteCount else { return .failure(.short(bytes.count)) }
        guard reader.word(UInt64.self) == magic else { return .failure(.magic) }
        guard let version = reader.word(UInt16.self) else { return .failure(.short(bytes.count)) }
        guard version == FormatVersion.current.rawValue else {
            return .failure(.version(version))
        }
        var checksum = CRC32C()
        checksum.add(bytes, in: 0..<byteCount - 4)
        var tail = ByteReader(bytes, in: byteCount - 4..<byteCount)
        guard tail.word(UInt32.self) == checksum.value else { return .failure(.checksum) }
        guard let role = reader.byte(), let encryption = reader.byte(),
            let epoch = reader.word(UInt32.self), let high = reader.word(UInt64.self),
            let low = reader.word(UInt64.self), let number = reader.word(UInt64.self),
            let salt = reader.word(UInt64.self), let createdAt = reader.word(Int64.self),
            let sequenceFloor = reader.word(UInt64.self),
            let historyFloor = reader.word(UInt64.self),
            let dictionary = reader.word(UInt32.self),
            let dictionaryByteCount = reader.word(UInt32.self)
        else { return .failure(.short(bytes.count)) }
        guard role == roleLog, encryption == 0, dictionary == 0, dictionaryByteCount == 0 else {
            return .failure(.feature(role: role, encryption: encryption, dictionary: dictionary))
        }
        return .success(
            SegmentHeader(
                identity: SegmentIdentity(
                    store: StoreID(high: high, low: low), number: number, salt: salt),
                epoch: epoch, createdAt: createdAt, sequenceFloor: sequenceFloor,
                historyFloor: historyFloor))
    }
}

/// What is wrong with a segment's header.
enum HeaderDefect: Error, Hashable {
    case short(Int)
    case magic
    case version(UInt16)
    case checksum
    /// Checksummed, but of a kind this version does not read.
    case feature(role: UInt8, encryption: UInt8, dictionary: UInt32)
}
