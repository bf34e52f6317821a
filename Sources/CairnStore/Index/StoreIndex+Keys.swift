import CairnFiles
import CairnPlatform

/// The order of keys as listings and rebuilds use it.
///
/// Runs are derived data: one that cannot be read is made anew from the log, at once, and whoever met it
/// goes on. Nothing is lost but time.
extension StoreIndex {
    /// The keys of a keyspace in a range as they are now, tombstones included.
    func merge(
        _ keyspace: UInt64, from lower: [UInt8], to upper: [UInt8]?, reverse: Bool
    ) throws(StoreError) -> KeyMerge {
        var repaired = false
        while true {
            let sources = keys.capture(keyspace, from: lower, to: upper)
            do throws(KeyRunError) {
                return try KeyMerge(
                    sources, bounds: .keyspace(keyspace, from: lower, to: upper),
                    reverse: reverse, cache: blocks)
            } catch {
                if repaired { throw damage(error) }
                try repairKeys(error)
                repaired = true
            }
        }
    }

    /// Shows the keys of a keyspace that have not been deleted, until `body` says false.
    func withKeys(
        _ keyspace: UInt64, from lower: [UInt8], to upper: [UInt8]?, reverse: Bool,
        _ body: (KeyMerge.Item) -> Bool
    ) throws(StoreError) {
        var merge = try merge(keyspace, from: lower, to: upper, reverse: reverse)
        do throws(KeyRunError) {
            while let item = try merge.next() {
                if item.entry.kind == .put, !body(item) { return }
            }
        } catch {
            try repairKeys(error)
            throw damage(error)
        }
    }

    /// Finds the runs that cannot be read and makes them anew from the log.
    func repairKeys(_ cause: KeyRunError) throws(StoreError) {
        try repairs.withLock { _ throws(StoreError) in try makeDamagedRunsAnew() }
    }

    /// The lock of repairs is held.
    private func makeDamagedRunsAnew() throws(StoreError) {
        for part in keys.parts {
            guard let run = part.run, part.file != nil, !Self.isWhole(run) else { continue }
            let segments = withAccounts { $0.usage.map(\.segment) }
                .sorted { $0.identity.number < $1.identity.number }
            let rebuilt = try KeyRebuild(segments, store: keys.store)
                .run(part.stretch, salt: keys.salt())
            keys.replace([part], with: rebuilt, file: nil)
        }
    }

    private static func isWhole(_ run: KeyRun) -> Bool {
        for index in 0..<run.blockCount {
            do throws(KeyRunError) { _ = try run.block(index) } catch { return false }
        }
        return true
    }

    func damage(_ error: KeyRunError) -> StoreError {
        if case .file(let cause) = error {
            return StoreError(cause, while: "cannot read the keys of the store in order")
        }
        return StoreError(
            .corrupt,
            "a key run of the store is damaged (\(error)) and could not be made anew from the log; "
                + "close the store, remove its files that end in .keys, and open it again")
    }

    // MARK: Shards

    /// Loads a shard if that has not happened: from the checkpoint or, if that is damaged there, from the
    /// keys.
    func loadShard(_ shard: Int) throws(StoreError) {
        do throws(StoreError) { try table.load(shard) } catch {
            try repairs.withLock { _ throws(StoreError) in
                noteRebuild()
                let isWhole: Bool
                do throws(KeyRunError) { isWhole = try rebuildUnloaded() } catch {
                    try makeDamagedRunsAnew()
                    do throws(KeyRunError) { isWhole = try rebuildUnloaded() } catch {
                        throw damage(error)
                    }
                }
                guard isWhole else {
                    throw StoreError(.corrupt, "two keys of the store have one fingerprint")
                }
            }
        }
    }

    /// Fills every shard that is not loaded yet from the order of keys.
    ///
    /// Nothing in these shards has changed since the open, because a commit loads what it touches.
    /// - Returns: false when two keys have one fingerprint.
    private func rebuildUnloaded() throws(KeyRunError) -> Bool {
        let known = withAccounts { accounts in
            (Set(accounts.spaces.keys).union(accounts.unswept), accounts.slots)
        }
        var slots = ShardedSlots()
        var merge = try KeyMerge(keys.captureAll())
        while let item = try merge.next() {
            let entry = item.entry
            guard entry.kind == .put, entry.keyspace != 0, known.0.contains(entry.keyspace),
                let slot = known.1[entry.segment]
            else { continue }
            let fingerprint = hash.fingerprint(
                entry.keyspace, item.block.bytes, entry.keyRange)
            slots.append(fingerprint, IndexPlace(entry, slot: slot))
        }
        for shard in 0..<IndexTable.shardCount {
            guard table.install(slots.take(shard), as: shard) else { return false }
        }
        return true
    }

    /// Takes a slot of a dropped keyspace out.
    func forget(_ fingerprint: Fingerprint) {
        table.change(IndexTable.stripes(of: fingerprint)) { changes in
            let old = changes.remove(fingerprint)
            changeAccounts { $0.release(old) }
        }
    }
}

extension IndexPlace {
    /// Where the record of an entry of a key run is.
    init(_ entry: IndexedKey, slot: Int) {
        self.init(
            segmentSlot: UInt16(slot), offset: entry.offset, footprint: Int(entry.footprint),
            isChunked: entry.footprint != entry.byteCount)
    }
}
