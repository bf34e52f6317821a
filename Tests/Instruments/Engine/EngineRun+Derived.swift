import CairnSimulation
import CairnStore

/// Files that are derived from the log: what may be done to them, and what an open makes of them.
extension EngineRun {
    /// A copy of the store's directory, as backups are that somebody makes by hand.
    struct Copy {
        let files: [String: [UInt8]]
        let ledger: CommitLedger
        /// What the copy must hold.
        let floor: UInt64
    }

    /// Ends the store, changes its derived files, and opens it again.
    func tamper(_ change: DerivedChange, killing: Bool, settings seed: UInt64) throws {
        let floor = try end(killing: killing)
        let next = disk.afterKill()
        try change.apply(to: next, older: copy?.files ?? [:])
        if !change.leavesWholeFiles { isDerivedDoubtful = true }
        if change == .removeAll { isDerivedDoubtful = false }
        try restart(on: next, seed, atLeast: floor)
    }

    /// Copies the directory as a kill would leave it.
    func remember() {
        copy = Copy(
            files: disk.files.filter { !$0.key.hasSuffix("/LOCK") }, ledger: ledger,
            floor: max(durable, ledger.written))
    }

    /// Puts the copy back in place of the directory.
    /// - Parameter keepsNewer: leaves derived files there that are newer than the copy.
    func restore(keepsNewer: Bool, settings seed: UInt64) throws {
        guard let copy else { return }
        _ = try end(killing: true)
        let next = disk.afterKill()
        for path in next.files.keys.sorted() where !path.hasSuffix("/LOCK") {
            let isKept = keepsNewer && DerivedChange.isDerived(path)
            if copy.files[path] == nil && !isKept { try next.remove(path) }
        }
        for (path, bytes) in copy.files.sorted(by: { $0.key < $1.key }) {
            let isKept = keepsNewer && DerivedChange.isDerived(path) && next.files[path] != nil
            if !isKept { try next.put(bytes, at: path) }
        }
        try next.synchronizeDirectory(Self.path)
        if keepsNewer { isDerivedDoubtful = true }
        ledger = copy.ledger
        try restart(on: next, seed, atLeast: copy.floor)
    }

    /// How an open must come to know the keys of what is on the disk, where that is certain.
    var expectedOpening: StoreOpening.Path? {
        guard !isFaulty, !isDerivedDoubtful else { return nil }
        let names = disk.files.keys
        // Whatever is in place was put there whole, about a log that was durable.
        guard
            names.contains(where: {
                $0.hasPrefix(Self.path + "/0000000000000001-") && DerivedChange.isRun($0)
            })
        else { return .scan }
        return names.contains(DerivedChange.checkpoint) ? .checkpoint : .footers
    }

    /// Compares the exact counts of keys.
    func expectCounts(at sequence: UInt64) throws {
        guard let store, let expected = ledger.contents(at: sequence) else { return }
        let found = Dictionary(
            uniqueKeysWithValues: store.keyspaceMetrics().map { ($0.name, $0.keyCount) })
        let wanted = expected.spaces.mapValues(\.count)
        try expect(
            found == wanted,
            "after commit \(sequence), opened by \(store.opening.path): counts \(found), expected \(wanted)"
        )
    }

    /// Goes through a range page by page, each beginning where the last one ended.
    func page(_ space: Int, _ range: KeyRange) throws {
        guard let store, let limit = range.limit, limit > 0 else { return }
        let name = EngineOperation.space(space)
        var all = range
        all.limit = nil
        let expected = ledger.current.list(all, in: name, at: clock.millisecondsSinceEpoch)
        var rest = range
        var found: [[UInt8]] = []
        while true {
            let keys: [[UInt8]]
            do throws(StoreError) {
                keys = try store.keyspace(name).keys(rest).map(\.key)
            } catch { return try mayFail(error, "page") }
            found += keys
            guard keys.count == limit, let last = keys.last else { break }
            if range.reverse { rest.end = last } else { rest.startAfter = last }
        }
        try expect(
            found == expected.map(\.key),
            "pages of \(name) \(range): found \(found.map(text)), expected \(expected.map { text($0.key) })"
        )
    }
}
