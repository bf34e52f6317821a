/// The layout of a block of a key run, and its limits: Docs/Formats/KeyFooter.md, "Block".
enum KeyBlockFormat {
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let tombstone = Flags(rawValue: 1)
        static let expires = Flags(rawValue: 2)
        static let hasMetadata = Flags(rawValue: 4)
        /// More dies with the key than its record.
        static let hasChunks = Flags(rawValue: 8)
        /// Names a keyspace.
        static let hasTarget = Flags(rawValue: 16)
        /// Of another keyspace than the entry before.
        static let otherKeyspace = Flags(rawValue: 32)
        /// In another segment than the entry before.
        static let otherSegment = Flags(rawValue: 64)
        static let all = Flags(rawValue: 127)
    }

    /// Entry count and decoded length, four bytes each.
    static let headerByteCount = 8
    static let checksumByteCount = 4
    /// A block ends with the entry that reaches this...
    static let cutByteCount = 4096
    /// ...or with the entry whose key and metadata bring the decoded ones to this.
    static let decodedCutByteCount = 32 << 10
    /// Flags, and eleven varints at most.
    static let entryFieldsByteCountMax = 1 + 11 * 10
    private static let entryDataByteCountMax =
        StoreLimits.keyByteCountMax + StoreLimits.metadataByteCountMax
    /// A whole block: what it had before it was cut, and its last entry.
    static let byteCountMax =
        cutByteCount + entryFieldsByteCountMax + entryDataByteCountMax + checksumByteCount
    /// All keys and metadata of a block.
    static let decodedByteCountMax = decodedCutByteCount + entryDataByteCountMax
    /// Flags, two lengths, sequence, offset and record length.
    static let entryByteCountMin = 6
    static let entryCountMax = cutByteCount / entryByteCountMin + 1
}
