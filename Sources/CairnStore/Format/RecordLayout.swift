import CairnPlatform

/// A record as it stands in a buffer: its fields, and where key, metadata and value are.
struct RecordLayout {
    var kind: Record.Kind
    var flags: Record.Flags
    var codec: Record.Codec
    var sequence: UInt64
    var keyspace: UInt64
    var expiry: Int64?
    /// The value's length before compression.
    var rawByteCount: Int
    var key: Range<Int>
    var metadata: Range<Int>
    /// The value as stored: the record's last part.
    var stored: Range<Int>

    /// No record is shorter: checksum, kind, flags, codec and four varints.
    static let byteCountMin = 11

    /// Where the next record begins.
    var end: Int { stored.upperBound }

    /// Reads the record at the reader's place, which is `offset` of `segment`, and moves past it;
    /// `nil` unless its checksum holds and every field is in range.
    static func decode(
        _ reader: inout ByteReader, in segment: SegmentIdentity, at offset: Int
    ) -> RecordLayout? {
        let start = reader.offset
        guard let checksum = reader.word(UInt32.self),
            let kind = reader.byte().flatMap(Record.Kind.init(rawValue:)),
            let flagBits = reader.byte(), flagBits & ~Record.Flags.all.rawValue == 0,
            let codec = reader.byte().flatMap(Record.Codec.init(rawValue:)),
            let sequence = reader.number(), let keyspace = reader.number(),
            let keyByteCount = reader.count(max: StoreLimits.keyByteCountMax),
            let storedByteCount = reader.count(max: StoreLimits.framePayloadByteCountMax)
        else { return nil }
        let flags = Record.Flags(rawValue: flagBits)
        var rawByteCount = storedByteCount
        if codec != .raw {
            guard let count = reader.count(max: StoreLimits.chunkByteCountMax) else { return nil }
            rawByteCount = count
        }
        var expiry: Int64?
        if flags.contains(.expires) {
            guard let bits = reader.varint() else { return nil }
            expiry = Int64(bitPattern: bits)
        }
        var metadataByteCount = 0
        if flags.contains(.hasMetadata) {
            guard let count = reader.count(max: StoreLimits.metadataByteCountMax), count > 0 else {
                return nil
            }
            metadataByteCount = count
        }
        guard let key = reader.skip(keyByteCount), let metadata = reader.skip(metadataByteCount),
            let stored = reader.skip(storedByteCount),
            checksum
                == segment.checksum(of: reader.bytes, in: start + 4..<reader.offset, at: offset)
                || PlantedBug.readUnverified.isPlanted
        else { return nil }
        return RecordLayout(
            kind: kind, flags: flags, codec: codec, sequence: sequence, keyspace: keyspace,
            expiry: expiry, rawByteCount: rawByteCount, key: key, metadata: metadata,
            stored: stored)
    }
}
