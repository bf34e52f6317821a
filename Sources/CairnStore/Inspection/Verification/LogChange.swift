/// One record of the log without its value: what is compared with what was derived from it.
struct LogChange {
    let kind: Record.Kind
    /// As a key run has it: creating and dropping keyspaces are changes of keyspace 0.
    let entry: IndexedKey
    let key: [UInt8]
    let metadata: [UInt8]
    /// The number of the keyspace that is created, dropped or written to.
    let keyspace: UInt64
    let isChunked: Bool

    init(_ placed: PlacedRecord) {
        let record = placed.record
        var entry = IndexedKey(
            keyspace: record.keyspace, sequence: record.sequence,
            segment: placed.location.segment, offset: placed.location.offset,
            byteCount: placed.location.byteCount, footprint: UInt32(clamping: placed.footprint))
        switch record.kind {
        case .put: entry.expiry = record.expiry ?? IndexedKey.never
        case .delete: entry.kind = .delete
        case .createKeyspace, .dropKeyspace:
            entry.keyspace = 0
            entry.target = record.keyspace
            if record.kind == .dropKeyspace { entry.kind = .delete }
        case .chunk: break
        }
        kind = record.kind
        self.entry = entry
        key = record.key
        metadata = record.kind == .put ? record.metadata : []
        keyspace = record.keyspace
        isChunked = record.flags.contains(.chunked)
    }
}
