import CairnPlatform

/// Which stretch of the log of which store a key run covers: the first 64 bytes of its file.
/// Docs/Formats/KeyFooter.md, "Header".
struct KeyRunHeader: Hashable, Sendable {
    static let byteCount = 64
    /// "CAIRNKEY"
    static let magic: UInt64 = 0x5945_4B4E_5249_4143

    var store: StoreID
    var firstSequence: UInt64
    var lastSequence: UInt64
    var salt: UInt64

    /// What every other checksum of the run is seeded with.
    var identity: SegmentIdentity {
        SegmentIdentity(store: store, number: firstSequence, salt: salt)
    }

    /// Whether the sequences can be right: nothing that is done with them may overflow.
    var isInRange: Bool {
        firstSequence <= lastSequence && lastSequence <= StoreLimits.numberMax
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(Self.magic)
        writer.append(FormatVersion.current.rawValue)
        writer.appendZeros(6)
        append(to: &writer)
        writer.append(UInt32(0))
        var checksum = CRC32C()
        checksum.add(writer.bytes)
        writer.append(checksum.value)
        return writer.bytes
    }

    /// Store, sequences and salt, as header and trailer have them.
    func append(to writer: inout ByteWriter) {
        writer.append(store.high)
        writer.append(store.low)
        writer.append(firstSequence)
        writer.append(lastSequence)
        writer.append(salt)
    }

    init(store: StoreID, firstSequence: UInt64, lastSequence: UInt64, salt: UInt64) {
        self.store = store
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.salt = salt
    }

    init?(_ reader: inout ByteReader) {
        guard let high = reader.word(UInt64.self), let low = reader.word(UInt64.self),
            let first = reader.word(UInt64.self), let last = reader.word(UInt64.self),
            let salt = reader.word(UInt64.self)
        else { return nil }
        self.init(
            store: StoreID(high: high, low: low), firstSequence: first, lastSequence: last,
            salt: salt)
    }

    static func decode(_ bytes: [UInt8]) throws(KeyRunError) -> KeyRunHeader {
        guard bytes.count == byteCount else { throw .short(bytes.count) }
        var reader = ByteReader(bytes)
        guard reader.word(UInt64.self) == magic else { throw .magic }
        guard let version = reader.word(UInt16.self) else { throw .short(bytes.count) }
        guard version == FormatVersion.current.rawValue else { throw .version(version) }
        var checksum = CRC32C()
        checksum.add(bytes, in: 0..<byteCount - 4)
        var tail = ByteReader(bytes, in: byteCount - 4..<byteCount)
        guard tail.word(UInt32.self) == checksum.value else { throw .checksum(offset: 0) }
        guard reader.skip(6) != nil, let header = KeyRunHeader(&reader), header.isInRange else {
            throw .range(offset: 0)
        }
        return header
    }
}
