import CairnFiles
import CairnPlatform

/// The log recovered and its index brought to its end: from what is derived, and the log behind that.
struct IndexRecovery {
    let recovered: Recovery.Outcome
    let index: StoreIndex
    let opening: StoreOpening
    let checkpointed: (recordByteCount: Int, byteCount: Int)
    private let leftovers: [String]

    /// Unsorted keys take four times as much memory as sorted ones, so a long log sorts as it is read. A
    /// short one leaves that, and all merging, to the indexer.
    private static let unsortedPartCountMax = 128

    /// Reads and refuses damage; changes nothing.
    init(
        _ directory: StoreDirectory, _ manifest: Manifest, _ segments: [Segment],
        _ cache: StoreCache, _ settings: StoreSettings, _ components: StoreComponents,
        _ progress: (StoreOpeningProgress) -> Void
    ) throws(StoreError) {
        var files = try DerivedFiles(directory, manifest, segments)
        while true {
            let start = try IndexOpening(
                files, manifest, segments, cache: cache, settings, components, progress: progress)
            var recovery = Recovery(
                manifest: manifest, segments: segments,
                replay: LogReplay(into: start.index, firstIndexed: start.firstIndexed),
                from: start.start)
            let total = try naming("cannot look at the log") { () throws(FileError) in
                var sum = 0
                for segment in segments { sum += try segment.byteCount() }
                return sum
            }
            var read = 0
            let outcome = try recovery.run { frame in
                read += frame.end - frame.offset
                if start.index.keys.backlog > Self.unsortedPartCountMax {
                    start.index.keys.sortAll()
                }
                progress(
                    StoreOpeningProgress(phase: .log, byteCount: read, totalByteCount: total))
            }
            // The log may be an older copy than what was derived from it.
            guard start.known < outcome.end.nextSequence else {
                files = DerivedFiles(
                    without: files, because: "the log ends before what was derived from it")
                continue
            }
            start.index.changeAccounts { $0.endReplay() }
            recovered = outcome
            index = start.index
            var opening = start.opening
            if index.hasRebuiltShards {
                // Filled from keys that knew more than the checkpoint had counted.
                try index.recount(at: outcome.end, progress)
                opening.path = .footers
                opening.reason = "\(CheckpointFile.fileName): a shard cannot be read"
                checkpointed = (0, 0)
            } else {
                checkpointed = start.checkpointed
            }
            opening.replayedByteCount = read
            self.opening = opening
            leftovers = files.leftovers
            return
        }
    }

    /// Removes the derived files that are not needed. A failure harms nobody.
    func removeLeftovers(in directory: StoreDirectory) {
        for name in leftovers { try? directory.fileSystem.remove(directory.path + "/" + name) }
    }
}

extension StoreIndex {
    /// Takes slots, keyspaces and counts anew from the keys, once the log has been read up to `end`.
    fileprivate func recount(
        at end: LogPosition, _ progress: (StoreOpeningProgress) -> Void
    ) throws(StoreError) {
        keys.freeze(at: end)
        keys.sortAll()
        if PlantedBug.countsNotTakenAnew.isPlanted { return }
        try KeyRebuildIndex(self).run(progress)
    }
}
