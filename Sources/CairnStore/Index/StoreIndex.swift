import CairnPlatform
import Synchronization

/// All that is derived from the log: where every live key's record is, which keyspaces there are, the keys
/// in order, the list pages in use.
///
/// A commit changes it in the order of the log, because it does so under the log's lock:
/// 1. The list pages with its keys are taken out, and none comes back until the end (`pages`).
/// 2. Under the locks of all stripes it touches and of the accounts, its keyspaces come, go and are counted
///    (`accounts`), its slots change (`table`) and its keys are entered in the order of keys (`keys`).
///
/// Whoever sees a part of it, in a read or in a listing, sees all of it from then on: a reader of another
/// of its keys waits for that key's stripe, and a listing takes all of a batch or nothing.
///
/// Lock order: the log's, the stripes', the accounts', the keys'; `pages` locks by itself.
final class StoreIndex: Sendable {
    let hash: FingerprintHash
    let table: IndexTable
    let keys: KeyLog
    let pages: ListPages
    /// Decoded blocks of key runs.
    let blocks: CachedBlocks
    /// Held by whoever makes a damaged derived file anew.
    let repairs = Locked(())
    private let accounts: Locked<StoreAccounts>
    private let rebuilt = Atomic(false)
    private let segmentsByNumber = Locked<[UInt64: Segment]>([:])
    /// The version of the keyspaces' names, for handles that remember a number.
    let spacesVersion: SpacesVersion

    init(
        hash: FingerprintHash, table: IndexTable, keys: KeyLog, pages: ListPages,
        blocks: CachedBlocks, accounts: sending StoreAccounts
    ) {
        self.hash = hash
        self.table = table
        self.keys = keys
        self.pages = pages
        self.blocks = blocks
        spacesVersion = SpacesVersion(accounts.version)
        self.accounts = Locked(accounts)
    }

    /// Reads the accounts.
    func withAccounts<Result>(_ body: (StoreAccounts) -> Result) -> Result {
        accounts.withLock { body($0) }
    }

    /// Changes the accounts outside of commits: opening, sweeping.
    func changeAccounts(_ body: (inout StoreAccounts) -> Void) {
        accounts.withLock { state in
            body(&state)
            spacesVersion.store(state.version)
        }
    }

    /// Whether shards have been filled from the order of keys since the store was opened.
    var hasRebuiltShards: Bool { rebuilt.load(ordering: .acquiring) }

    func noteRebuild() { rebuilt.store(true, ordering: .releasing) }

    /// The segments by number.
    var segments: [UInt64: Segment] { segmentsByNumber.withLock { $0 } }

    /// Takes a segment that commits may go into from now on.
    func add(_ segment: Segment) {
        let slot = accounts.withLock { $0.add(segment) }
        table.setSegment(segment, slot: slot)
        segmentsByNumber.withLock { $0[segment.identity.number] = segment }
    }

    /// Where the record of `key` is.
    func find(_ key: [UInt8], in keyspace: UInt64) throws(StoreError) -> IndexTable.Found? {
        let fingerprint = hash.fingerprint(keyspace, key)
        try loadShard(fingerprint.shard)
        return table.find(fingerprint)
    }

    /// Applies one batch whose records have their places.
    /// - Parameters:
    ///   - fingerprints: of the records that have a key in the table.
    ///   - segment: all of them are in it.
    ///   - written: how far the log is written.
    func apply(
        _ records: [PlacedRecord], _ fingerprints: [Fingerprint?], in segment: Segment,
        written: LogPosition
    ) {
        var stripes: UInt64 = 0
        for fingerprint in fingerprints {
            if let fingerprint { stripes |= IndexTable.stripes(of: fingerprint) }
        }
        let slot = accounts.withLock { $0.slots[segment.identity.number] }
        guard let slot else { return }
        pages.beginChange(records)
        table.change(stripes) { changes in
            accounts.withLock { accounts in
                for (placed, fingerprint) in zip(records, fingerprints) {
                    apply(placed, fingerprint, slot, changes, &accounts)
                }
                spacesVersion.store(accounts.version)
                // Not later: a keyspace that replaces one of the same batch has its keys from the start.
                if !Self.appendsLate { keys.append(records, in: segment, written: written) }
            }
            if PlantedBug.keysAfterSpaces.isPlanted {
                PlantedBug.keysAfterSpaces.linger()
                keys.append(records, in: segment, written: written)
            }
        }
        if PlantedBug.keysOutsideLocks.isPlanted {
            PlantedBug.keysOutsideLocks.linger()
            keys.append(records, in: segment, written: written)
        }
        pages.endChange(records)
    }

    private static var appendsLate: Bool {
        PlantedBug.keysOutsideLocks.isPlanted || PlantedBug.keysAfterSpaces.isPlanted
    }

    private func apply(
        _ placed: PlacedRecord, _ fingerprint: Fingerprint?, _ slot: Int,
        _ changes: borrowing IndexTable.Changes, _ accounts: inout StoreAccounts
    ) {
        let record = placed.record
        let sequence = record.sequence
        accounts.countRecord(Int(placed.location.byteCount), slot: slot, sequence: sequence)
        // A keyspace that the checkpoint knew as dropped: its slots are as the checkpoint has them, of which a
        // sweep may have taken some out and counted them already.
        if fingerprint != nil, sequence <= accounts.countedSequence,
            accounts.spaces[record.keyspace] == nil
        {
            return
        }
        switch record.kind {
        case .chunk: break
        case .createKeyspace:
            accounts.create(
                String(decoding: record.key, as: UTF8.self), number: record.keyspace,
                sequence: sequence)
        case .dropKeyspace: accounts.drop(number: record.keyspace, sequence: sequence)
        case .put:
            guard let fingerprint else { return }
            let place = IndexPlace(
                segmentSlot: UInt16(slot), offset: placed.location.offset,
                footprint: placed.footprint, isChunked: record.flags.contains(.chunked))
            let old = changes.put(fingerprint, place)
            accounts.move(in: record.keyspace, from: old, to: place, sequence: sequence)
        case .delete:
            guard let fingerprint else { return }
            let old = changes.remove(fingerprint)
            accounts.move(in: record.keyspace, from: old, to: nil, sequence: sequence)
        }
    }
}
