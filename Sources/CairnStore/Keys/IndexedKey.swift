/// The newest change of one key, and where its record is: what ordered listings and the index need
/// of a record.
///
/// Plain and trivially copyable. Key and metadata are in a buffer that its owner knows: metadata
/// stands directly behind the key.
struct IndexedKey: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        case put
        /// A tombstone.
        case delete
    }

    /// The expiry of a key that stays.
    static let never = Int64.max

    /// 0 is the directory: its keys are the names of keyspaces.
    var keyspace: UInt64
    var sequence: UInt64
    var segment: UInt64
    /// Milliseconds since 1970 from which the key is gone.
    var expiry = Self.never
    /// In the directory, the number of the keyspace; 0 elsewhere.
    var target: UInt64 = 0
    /// Where the record is in its segment.
    var offset: UInt32
    /// The record's length.
    var byteCount: UInt32
    /// What dies with the key: its record and its chunks.
    var footprint: UInt32
    var keyOffset: UInt32 = 0
    var keyByteCount: UInt32 = 0
    var metadataByteCount: UInt32 = 0
    var kind = Kind.put

    /// Where the key is in its buffer.
    var keyRange: Range<Int> { Int(keyOffset)..<Int(keyOffset) + Int(keyByteCount) }

    /// Where the metadata is in its buffer.
    var metadataRange: Range<Int> {
        let start = Int(keyOffset) + Int(keyByteCount)
        return start..<start + Int(metadataByteCount)
    }

    var location: RecordLocation {
        RecordLocation(segment: segment, offset: Int(offset), byteCount: Int(byteCount))
    }
}
