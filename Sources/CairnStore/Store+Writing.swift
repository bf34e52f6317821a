import CairnPlatform

extension Store {
    /// Makes `batch` visible, fixes its place in the order, and returns at once.
    ///
    /// Waits only for memory: while too much is unwritten, or while a full segment's successor is
    /// being made.
    /// - Parameters:
    ///   - durability: how safe it must be before the ticket's `acknowledged()` returns.
    ///   - predecessor: a commit this one builds on; if that failed, this one is not made.
    /// - Throws: `.invalid`, `.noSpace`, `.predecessorFailed`, `.poisoned`, `.closed`, or `.inputOutput`
    ///   when the process has too many files open: in each case nothing was done.
    public func commit(
        _ batch: WriteBatch, durability: Durability = .durable,
        after predecessor: CommitTicket? = nil
    ) throws(StoreError) -> CommitTicket {
        try commit(batch, durability, after: predecessor, callerWaits: false)
    }

    /// Commits and blocks the thread until that is as safe as asked.
    func commitAndWait(_ batch: WriteBatch, _ durability: Durability) throws(StoreError) {
        try commit(batch, durability, after: nil, callerWaits: true).waitUntilAcknowledged()
    }

    private func commit(
        _ batch: WriteBatch, _ durability: Durability, after predecessor: CommitTicket?,
        callerWaits: Bool
    ) throws(StoreError) -> CommitTicket {
        let prepared = try PreparedBatch(batch, compress: shouldCompress)
        let bound = LogState.framedByteCountBound(prepared.byteCountBound)
        let limit = LogState.batchByteCountMax(inSegment: settings.segmentByteCount)
        guard bound <= limit else {
            throw StoreError(
                .invalid,
                "a batch of up to \(bound) bytes does not fit a segment, which takes \(limit); "
                    + "split it, or open the store with larger segments")
        }
        if let predecessor { try check(predecessor) }
        let sequence = try append(
            prepared, byteCountBound: bound, durability,
            callerWaits: callerWaits && durability > .memory)
        return CommitTicket(
            sequence: CommitSequence(sequence), durability: durability, progress: log.progress)
    }

    /// Plans the batch without a lock and appends it under the log's, unless a keyspace came or went in
    /// between: then the plan is made again.
    private func append(
        _ batch: PreparedBatch, byteCountBound: Int, _ durability: Durability, callerWaits: Bool
    ) throws(StoreError) -> UInt64 {
        while true {
            let plan = index.withAccounts { BatchPlan(batch, $0, index.hash) }
            for fingerprint in plan.fingerprints {
                if let fingerprint { try index.loadShard(fingerprint.shard) }
            }
            var isStale = false
            let sequence = try log.append(
                byteCountBound: byteCountBound, deletesOnly: batch.deletesOnly,
                durability: durability, callerWaits: callerWaits
            ) { state -> UInt64? in
                guard index.spacesVersion.current == plan.version else {
                    isStale = true
                    return nil
                }
                // Nothing to change is as safe as what came before.
                guard !plan.records.isEmpty else { return state.nextSequence - 1 }
                let (sequence, placed) = state.append(plan.records, link: plan.link)
                log.counters.countCommit(records: placed.count)
                index.apply(
                    placed, plan.fingerprints, in: state.active, written: state.written)
                return sequence
            }
            if !isStale { return sequence }
        }
    }

    private var shouldCompress: Bool {
        switch settings.compression {
        case .always: true
        case .never: false
        // While the committer writes or syncs, a caller's time is free.
        case .whenBusy: log.state.withLock { $0.hasFrames }
        }
    }

    private func check(_ predecessor: CommitTicket) throws(StoreError) {
        guard !predecessor.isDurable, let failure = predecessor.progress.failure else { return }
        throw StoreError(
            .predecessorFailed,
            "commit \(predecessor.sequence.rawValue), which this one builds on, failed: "
                + failure.message, cause: failure.cause)
    }
}
