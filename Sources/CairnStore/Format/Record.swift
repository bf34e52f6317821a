import CairnPlatform

/// One change of the store, as it stands in a frame: Docs/Formats/Segment.md, "Record".
///
/// A record can be read and verified alone: its checksum covers all of it and is seeded with its
/// place, and it carries its keyspace, key and commit sequence in full.
struct Record: Sendable {
    enum Kind: UInt8, Sendable {
        /// Sets a key. The value is inline, or a list of chunks (`Flags.chunked`).
        case put = 1
        /// Removes a key: a tombstone.
        case delete = 2
        /// Gives a keyspace its number; the key is its name.
        case createKeyspace = 3
        /// Ends a keyspace and everything in it; the key is its name. Its number is never used again.
        case dropKeyspace = 4
        /// A part of a large value; visible only through the put that names it.
        case chunk = 5
    }

    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let expires = Flags(rawValue: 1)
        static let hasMetadata = Flags(rawValue: 2)
        static let chunked = Flags(rawValue: 4)
        static let all: Flags = [.expires, .hasMetadata, .chunked]
    }

    enum Codec: UInt8, Sendable {
        case raw = 0
        /// Raw deflate (RFC 1951), without a zlib header.
        case deflate = 1
    }

    var kind: Kind
    var flags: Flags = []
    var codec = Codec.raw
    var sequence: UInt64
    var keyspace: UInt64
    var key: [UInt8] = []
    var metadata: [UInt8] = []
    var expiry: Int64?
    /// The value's length before compression.
    var rawByteCount = 0
    /// The value as stored.
    var stored: [UInt8] = []

    /// Checksum, kind, flags, codec.
    private static let fixedByteCount = 7

    /// At least as many bytes as `append` will take, for any sequence and keyspace.
    var byteCountBound: Int {
        Self.fixedByteCount + 6 * 10 + key.count + metadata.count + stored.count
    }

    /// Appends the record to a payload whose next byte lives at `offset` of `segment`.
    func append(to writer: inout ByteWriter, in segment: SegmentIdentity, at offset: Int) {
        let start = writer.count
        var flags = flags
        if expiry != nil { flags.insert(.expires) }
        if !metadata.isEmpty { flags.insert(.hasMetadata) }
        writer.append(UInt32(0))
        writer.append(kind.rawValue)
        writer.append(flags.rawValue)
        writer.append(codec.rawValue)
        writer.appendVarint(sequence)
        writer.appendVarint(keyspace)
        writer.appendVarint(UInt64(key.count))
        writer.appendVarint(UInt64(stored.count))
        if codec != .raw { writer.appendVarint(UInt64(rawByteCount)) }
        if let expiry { writer.appendVarint(UInt64(bitPattern: expiry)) }
        if !metadata.isEmpty { writer.appendVarint(UInt64(metadata.count)) }
        writer.append(key)
        writer.append(metadata)
        writer.append(stored)
        let checksum = segment.checksum(
            of: writer.bytes, in: start + 4..<writer.count, at: offset)
        writer.overwrite(at: start, with: checksum)
    }

    /// Reads the record at the reader's place, which is `offset` of `segment`, and moves past it;
    /// `nil` unless its checksum holds and every field is in range.
    static func decode(
        _ reader: inout ByteReader, in segment: SegmentIdentity, at offset: Int
    ) -> Record? {
        guard let layout = RecordLayout.decode(&reader, in: segment, at: offset) else {
            return nil
        }
        return Record(layout, in: reader.bytes)
    }
}

extension Record {
    /// The record that stands in `bytes`, in arrays of its own; on demand without its value.
    init(_ layout: RecordLayout, in bytes: [UInt8], withValue: Bool = true) {
        self.init(
            kind: layout.kind, flags: layout.flags, codec: layout.codec,
            sequence: layout.sequence, keyspace: layout.keyspace, key: Array(bytes[layout.key]),
            metadata: layout.metadata.isEmpty ? [] : Array(bytes[layout.metadata]),
            expiry: layout.expiry, rawByteCount: layout.rawByteCount,
            stored: withValue ? Array(bytes[layout.stored]) : [])
    }
}
