import CairnPlatform

/// Builds the index from the log's records, batch by batch: what is half there is not there.
struct LogReplay {
    private(set) var index: KeyIndex
    private var names: [UInt64: String] = [:]
    /// Records of a batch that spans frames and has not ended.
    private var partial: [PlacedRecord] = []

    init(nextKeyspace: UInt64) { index = KeyIndex(nextKeyspace: nextKeyspace) }

    mutating func add(_ segment: Segment) { index.add(segment) }

    /// Takes one frame; `nil`, or what is wrong with a record that is whole but makes no sense.
    mutating func take(_ frame: SegmentScanner.ScannedFrame) -> String? {
        partial += frame.records
        let isUnfinished = frame.header.flags.contains(.batchContinues)
        if isUnfinished && !PlantedBug.replayHalfBatches.isPlanted { return nil }
        defer { partial = [] }
        for placed in partial {
            index.countRecordBytes(Int(placed.location.byteCount), in: placed.location.segment)
            if let complaint = apply(placed) {
                return "\(complaint) at offset \(placed.location.offset)"
            }
        }
        return nil
    }

    /// Forgets a batch whose end never came.
    mutating func dropPartialBatch() { partial = [] }

    private mutating func apply(_ placed: PlacedRecord) -> String? {
        let record = placed.record
        if record.kind == .createKeyspace {
            let name = String(decoding: record.key, as: UTF8.self)
            names[record.keyspace] = name
            index.apply(
                .create(name: name, number: record.keyspace), sequence: record.sequence)
            return nil
        }
        guard let name = names[record.keyspace] else {
            return "a record of keyspace \(record.keyspace), which was never created"
        }
        switch record.kind {
        case .createKeyspace, .chunk: break
        case .dropKeyspace:
            names[record.keyspace] = nil
            index.apply(.drop(name: name), sequence: record.sequence)
        case .delete:
            if PlantedBug.forgetTombstones.isPlanted { break }
            index.apply(.delete(name: name, key: record.key), sequence: record.sequence)
        case .put:
            guard let entry = IndexEntry(placed) else { return "a list of chunks makes no sense" }
            index.apply(.put(name: name, entry), sequence: record.sequence)
        }
        return nil
    }
}
