import CairnFiles

/// Brings the index to where the log's unread rest begins, by the fastest way there is.
///
/// 1. `checkpoint`: the shards come from it when they are touched; key runs give the order of keys.
/// 2. `footers`: without a usable checkpoint, the key runs give slots, keyspaces and counts.
/// 3. `scan`: without usable key runs, everything comes from the log.
///
/// What comes behind is replayed from the log: `start` says from where, `firstIndexed` from which commit
/// on the index's table has to learn of it.
struct IndexOpening {
    let index: StoreIndex
    /// Where reading the log begins; `nil` for its beginning.
    let start: LogPosition?
    /// Commits before this one are in the index's table.
    let firstIndexed: UInt64
    /// Commits up to this one are in what was found: the log must reach it.
    let known: UInt64
    private(set) var opening: StoreOpening
    /// For the indexer: what the checkpoint that was found knew of the log.
    let checkpointed: (recordByteCount: Int, byteCount: Int)

    init(
        _ files: DerivedFiles, _ manifest: Manifest, _ segments: [Segment], cache: StoreCache,
        _ settings: StoreSettings, _ components: StoreComponents,
        progress: (StoreOpeningProgress) -> Void
    ) throws(StoreError) {
        let log = LogMap(segments)
        let beginning = LogPosition(
            segment: segments[0].identity.number, offset: SegmentHeader.byteCount,
            headerOffset: 0, chain: 0, nextSequence: 1)
        // Without the order of keys a checkpoint saves nothing: the log is read from where the runs end.
        var checkpoint = files.runs.isEmpty ? nil : files.checkpoint
        let position = try Self.resumed(checkpoint?.trailer.position, log)
        // Its place may be gone.
        if position == nil { checkpoint = nil }
        let table = checkpoint.map { IndexTable(loader: Self.loader($0)) } ?? IndexTable()
        let keys = KeyLog(
            store: manifest.store, stretchByteCount: settings.checkpointByteCount,
            random: components.random, start: beginning)
        let index = StoreIndex(
            hash: FingerprintHash(manifest), table: table, keys: keys,
            pages: ListPages(cache: cache), blocks: CachedBlocks(cache: cache),
            accounts: StoreAccounts(nextKeyspace: manifest.nextKeyspace))
        self.index = index
        for (name, run) in files.runs { keys.adopt(run, file: name) }
        let order = Self.slotOrder(segments, checkpoint)
        for segment in order { index.add(segment) }
        let covered = files.coveredSequence
        let resume = try Self.resumed(files.runs.last?.run.summary.to, log)
        if let checkpoint, let position {
            index.changeAccounts { $0.restore(checkpoint) }
            start = log.earlier(position, resume ?? beginning)
            firstIndexed = position.nextSequence
            known = max(covered, checkpoint.trailer.countedSequence)
            // With keys to be read again from far back it is the log that takes the time.
            opening = StoreOpening(path: .checkpoint, reason: files.complaint)
            let records = checkpoint.tables.segments.reduce(0) { $0 + $1.recordByteCount }
            checkpointed = (records, checkpoint.byteCount)
        } else if let resume {
            try KeyRebuildIndex(index).run(progress)
            start = resume
            firstIndexed = covered + 1
            known = covered
            opening = StoreOpening(path: .footers, reason: files.complaint)
            checkpointed = (0, 0)
        } else {
            start = nil
            firstIndexed = 0
            known = 0
            opening = StoreOpening(path: .scan, reason: files.complaint)
            checkpointed = (0, 0)
        }
        if let start { try log.checkSeals(before: start) }
    }

    private static func resumed(
        _ position: LogPosition?, _ log: LogMap
    ) throws(StoreError) -> LogPosition? {
        guard let position else { return nil }
        return try naming("cannot read the log") { () throws(FileError) in
            try log.resumed(position)
        }
    }

    /// The segments in the order of their slots: first as the checkpoint has them.
    private static func slotOrder(_ segments: [Segment], _ checkpoint: CheckpointFile?) -> [Segment]
    {
        guard let checkpoint else { return segments }
        let known = checkpoint.tables.segments.map(\.number)
        let named = Set(known)
        return known.compactMap { number in
            segments.first { $0.identity.number == number }
        } + segments.filter { !named.contains($0.identity.number) }
    }

    private static func loader(_ checkpoint: CheckpointFile) -> IndexTable.Loader {
        IndexTable.Loader { (shard: Int) throws(StoreError) in
            do throws(CheckpointFile.Failure) { return try checkpoint.shard(shard) } catch {
                switch error {
                case .file(let cause):
                    throw StoreError(cause, while: "cannot read \(CheckpointFile.fileName)")
                case .defect(let defect):
                    throw StoreError(
                        .corrupt,
                        "\(CheckpointFile.fileName) is damaged: \(defect.description)")
                }
            }
        }
    }
}

extension StoreAccounts {
    fileprivate mutating func restore(_ checkpoint: CheckpointFile) {
        let tables = checkpoint.tables
        restore(
            spaces: tables.spaces,
            usage: tables.segments.enumerated().map {
                ($0.offset, $0.element.recordByteCount, $0.element.liveByteCount)
            }, unswept: tables.unswept, nextKeyspace: tables.nextKeyspace,
            lastDropSequence: tables.lastDropSequence,
            countedSequence: checkpoint.trailer.countedSequence)
    }
}
