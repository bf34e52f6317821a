import CairnPlatform

/// Applies the log's records to the index, batch by batch: what is half there is not there.
///
/// Does again what commits did, so that recovery and commits cannot differ.
struct LogReplay {
    /// What is built; `nil` for those who only want to know whether the log makes sense.
    private let index: StoreIndex?
    /// Commits before this one are in the index's table already.
    private let firstIndexed: UInt64
    /// Keyspaces that were created, where there is no index.
    private var created: Set<UInt64> = []
    /// Records of a batch that spans frames and has not ended; if its end never comes, it never was.
    private var partial: [PlacedRecord] = []

    /// - Parameter firstIndexed: what comes before is only entered in the order of keys.
    init(into index: StoreIndex? = nil, firstIndexed: UInt64 = 0) {
        self.index = index
        self.firstIndexed = firstIndexed
    }

    /// Takes one frame.
    /// - Parameter position: where it begins.
    /// - Returns: `nil`, or what is wrong with a record that is whole but makes no sense.
    mutating func take(
        _ frame: ScannedFrame, in segment: Segment, at position: LogPosition
    ) throws(StoreError) -> String? {
        if frame.header.flags.contains(.batchContinues),
            !PlantedBug.replayHalfBatches.isPlanted
        {
            partial += frame.layouts.indices.map(frame.recordWithoutValue)
            return nil
        }
        let earlier = partial
        partial = []
        var batch: [PlacedRecord] = []
        for index in 0..<earlier.count + frame.layouts.count {
            let placed =
                index < earlier.count
                ? earlier[index] : frame.recordWithoutValue(index - earlier.count)
            if let last = batch.last, last.record.sequence != placed.record.sequence {
                if let complaint = try apply(batch, in: segment, at: position) { return complaint }
                batch.removeAll(keepingCapacity: true)
            }
            batch.append(placed)
        }
        return batch.isEmpty ? nil : try apply(batch, in: segment, at: position)
    }

    private mutating func apply(
        _ batch: [PlacedRecord], in segment: Segment, at position: LogPosition
    ) throws(StoreError) -> String? {
        for placed in batch {
            if let complaint = complaint(about: placed) {
                return "\(complaint) at offset \(placed.location.offset)"
            }
        }
        guard let index else { return nil }
        guard batch[0].record.sequence >= firstIndexed else {
            index.keys.append(batch, in: segment, written: position)
            return nil
        }
        var batch = batch
        if PlantedBug.forgetTombstones.isPlanted { batch.removeAll { $0.record.kind == .delete } }
        var fingerprints: [Fingerprint?] = []
        fingerprints.reserveCapacity(batch.count)
        for placed in batch {
            guard placed.record.kind == .put || placed.record.kind == .delete else {
                fingerprints.append(nil)
                continue
            }
            let fingerprint = index.hash.fingerprint(placed.record.keyspace, placed.record.key)
            try index.loadShard(fingerprint.shard)
            fingerprints.append(fingerprint)
        }
        index.apply(batch, fingerprints, in: segment, written: position)
        return nil
    }

    private mutating func complaint(about placed: PlacedRecord) -> String? {
        let record = placed.record
        let isKnown: Bool
        if record.kind == .createKeyspace {
            created.insert(record.keyspace)
            isKnown = true
        } else if created.contains(record.keyspace) {
            isKnown = true
        } else {
            isKnown =
                index?.withAccounts { accounts in
                    // What a checkpoint has counted may have been dropped since.
                    accounts.spaces[record.keyspace] != nil
                        || record.sequence <= accounts.countedSequence
                        || record.sequence < firstIndexed
                } ?? false
        }
        guard isKnown else {
            return "a record of keyspace \(record.keyspace), which was never created"
        }
        if record.kind == .dropKeyspace { created.remove(record.keyspace) }
        if record.flags.contains(.chunked), ChunkList(record.stored) == nil {
            return "a list of chunks makes no sense"
        }
        return nil
    }
}
