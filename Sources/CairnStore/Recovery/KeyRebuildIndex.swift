/// Fills an empty index from the key runs: slots, keyspaces, counts.
struct KeyRebuildIndex {
    private let index: StoreIndex

    init(_ index: StoreIndex) { self.index = index }

    /// Reads every key once, keyspaces' names first: what is in none of them was dropped.
    func run(_ progress: (StoreOpeningProgress) -> Void) throws(StoreError) {
        var repaired = false
        while true {
            do throws(KeyRunError) { return try read(progress) } catch {
                if repaired { throw index.damage(error) }
                try index.repairKeys(error)
                repaired = true
            }
        }
    }

    private func read(_ progress: (StoreOpeningProgress) -> Void) throws(KeyRunError) {
        let total = index.keys.parts.reduce(0) { $0 + ($1.run?.byteCount ?? 0) }
        let count = index.keys.parts.reduce(0) { $0 + $1.count }
        var merge = try KeyMerge(index.keys.captureAll())
        var rebuilt = RebuiltAccounts()
        var slots = ShardedSlots()
        let numbers = index.withAccounts { $0.slots }
        var done = 0
        while let item = try merge.next() {
            done += 1
            if done % 65536 == 0 {
                progress(
                    StoreOpeningProgress(
                        phase: .footers, byteCount: total / max(1, count) * done,
                        totalByteCount: total))
            }
            let entry = item.entry
            if entry.keyspace == 0 {
                rebuilt.enter(entry, name: item.key)
                continue
            }
            guard rebuilt.touch(entry), entry.kind == .put, let slot = numbers[entry.segment]
            else { continue }
            let fingerprint = index.hash.fingerprint(
                entry.keyspace, item.block.bytes, entry.keyRange)
            let place = IndexPlace(entry, slot: slot)
            slots.append(fingerprint, place)
            rebuilt.count(place, in: entry.keyspace)
        }
        for shard in 0..<IndexTable.shardCount {
            index.table.replace(shard, with: slots.take(shard))
        }
        finish(rebuilt)
    }

    private func finish(_ rebuilt: RebuiltAccounts) {
        var records: [UInt64: Int] = [:]
        for part in index.keys.parts {
            for segment in part.run?.summary.segments.all ?? [] {
                records[segment.number, default: 0] += Int(segment.recordByteCount)
            }
        }
        index.changeAccounts { accounts in
            let usage = accounts.usage.enumerated().map { slot, usage in
                (
                    slot: slot, recordByteCount: records[usage.segment.identity.number] ?? 0,
                    liveByteCount: rebuilt.live[slot] ?? 0
                )
            }
            accounts.restore(
                spaces: rebuilt.spaces, usage: usage, unswept: [],
                nextKeyspace: rebuilt.nextKeyspace, lastDropSequence: rebuilt.lastDropSequence,
                countedSequence: 0)
        }
    }
}

/// Keyspaces and counts as the keys give them.
private struct RebuiltAccounts {
    private(set) var spaces: [UInt64: StoreAccounts.Space] = [:]
    private(set) var live: [Int: Int] = [:]
    private(set) var nextKeyspace: UInt64 = 1
    private(set) var lastDropSequence: UInt64 = 0
    /// The one that was touched last: keys come sorted by keyspace.
    private var current: (number: UInt64, space: StoreAccounts.Space)?

    /// A keyspace that was created or dropped.
    mutating func enter(_ entry: IndexedKey, name: [UInt8]) {
        nextKeyspace = max(nextKeyspace, entry.target + 1)
        guard entry.kind == .put else {
            lastDropSequence = max(lastDropSequence, entry.sequence)
            return
        }
        spaces[entry.target] = StoreAccounts.Space(
            name: String(decoding: name, as: UTF8.self), lastSequence: entry.sequence)
    }

    /// Notes the newest commit of a keyspace; false when it has been dropped.
    mutating func touch(_ entry: IndexedKey) -> Bool {
        nextKeyspace = max(nextKeyspace, entry.keyspace + 1)
        guard let last = spaces[entry.keyspace]?.lastSequence else { return false }
        if entry.sequence > last { spaces[entry.keyspace]?.lastSequence = entry.sequence }
        return true
    }

    mutating func count(_ place: IndexPlace, in keyspace: UInt64) {
        spaces[keyspace]?.keyCount += 1
        spaces[keyspace]?.byteCount += place.footprint
        live[Int(place.segmentSlot), default: 0] += place.footprint
    }
}
