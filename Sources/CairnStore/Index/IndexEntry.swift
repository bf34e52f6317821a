import CairnPlatform

/// What the index keeps of a live key.
struct IndexEntry: Sendable {
    static let never = Int64.max

    var key: [UInt8]
    var location: RecordLocation
    var sequence: UInt64
    /// Milliseconds since the epoch from which the entry is gone; `never` when it stays.
    var expiry: Int64
    /// Bytes of the log that die with this entry: its record and its chunks.
    var footprint: UInt32
    var hasMetadata: Bool

    /// The expiry as users see it.
    var publicExpiry: Int64? { expiry == Self.never ? nil : expiry }

    func isLive(at now: Int64) -> Bool {
        expiry > now || PlantedBug.serveExpired.isPlanted
    }
}

extension IndexEntry {
    /// What to keep of a put; `nil` when its list of chunks cannot be read.
    init?(_ placed: PlacedRecord) {
        let record = placed.record
        var footprint = placed.location.byteCount
        if record.flags.contains(.chunked) {
            guard let list = ChunkList(record.stored) else { return nil }
            for chunk in list.chunks { footprint += UInt32(chunk.byteCount) }
        }
        self.init(
            key: record.key, location: placed.location, sequence: record.sequence,
            expiry: record.expiry ?? Self.never, footprint: footprint,
            hasMetadata: !record.metadata.isEmpty)
    }
}
