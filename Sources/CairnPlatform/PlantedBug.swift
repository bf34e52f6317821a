#if PlantedBugs
    import Synchronization

    #if canImport(Glibc)
        import Glibc
    #else
        import Darwin
    #endif
#endif

/// Bugs that tests plant to see whether the instruments find them: Docs/Testing.md, "Planted bugs".
///
/// Only with the package trait `PlantedBugs`, which no user's build has; without it `isPlanted` is a
/// constant false and the code behind it is gone. Each case says what goes wrong, so that a reader of
/// the code beside it learns what the right line is for.
package enum PlantedBug: String, CaseIterable, Sendable {
    // The log
    /// Commits are acknowledged, then synced.
    case acknowledgeBeforeSync
    /// A sync that failed is tried again, and the second success believed.
    case retrySync
    /// A segment is sealed without having been synced.
    case sealWithoutSync
    /// A frame promises what it holds itself.
    case promiseTooEarly
    /// A failed write does not poison the store.
    case goOnAfterFailure
    /// The number a short write returns is ignored.
    case ignoreShortWrite
    /// A frame header's checksum leaves out its kind, flags and count.
    case headerOutsideChecksum
    /// Reads believe a record without its checksum.
    case readUnverified
    /// A full disk poisons the store instead of refusing a commit.
    case fullDiskPoisons
    /// The room kept for deletes is given to anybody.
    case deletesNeedRoom

    // The manifest
    /// The manifest is renamed into place before it has been synced.
    case manifestNotSynced
    /// The directory is not synced after the manifest has been renamed.
    case manifestWithoutDirectorySync
    /// The parent is not synced after the store's directory was made.
    case storeDirectoryNotSynced
    /// An open makes segments before the names it found are durable.
    case namesNotSyncedFirst
    /// An open does not write down how far the log reached.
    case floorNotRecorded

    // Recovery
    /// What was found is served without a sync.
    case serveUnsynced
    /// A sync is believed to be about what another process wrote before its own sync failed.
    case believeLaterSync
    /// Damage is cut off like a torn tail, whatever comes after it.
    case cutAnyDamage
    /// Of several empty segments the last is used next, not the first.
    case skipSpares
    /// The last sequence is given again after a reopen.
    case reuseSequence
    /// Deletes are not replayed.
    case forgetTombstones
    /// A batch is replayed although its end never came.
    case replayHalfBatches
    /// A keyspace's number is given again after a reopen.
    case reuseKeyspaceNumber

    // Reading
    /// Expiry is not looked at.
    case serveExpired

    // What is derived from the log
    /// A derived file is put in place before it has been synced.
    case derivedNotSynced
    /// A checkpoint is put in place before all that it knows is durable.
    case publishCheckpointEarly
    /// A key run is put in place before the commits that it covers are durable.
    case publishRunEarly
    /// Merging key runs forgets what was deleted although older runs have it.
    case dropRunTombstones
    /// A shard of the checkpoint is believed without its checksum.
    case shardUnverified
    /// A list page is published although its keys have changed since they were read.
    case publishStalePage
    /// A commit leaves the list pages with its keys in use.
    case keepChangedPages
    /// The counts of a checkpoint are taken before its shards.
    case captureBeforeShards
    /// Commits that a checkpoint has counted are counted again.
    case countReplayTwice
    /// Counts stand although shards were filled from keys that are newer than the checkpoint.
    case countsNotTakenAnew
    /// A derived file is used whether or not the log is what it was when the file was made.
    case believeAnyProof
    /// With a checkpoint and key runs the log is read from the later of the two.
    case replayFromLater
    /// Merging key runs in memory forgets what was deleted although older runs have it.
    case mergeLosesTombstones
    /// A commit's keys come into their order after its locks have been given back.
    case keysOutsideLocks
    /// A commit's keys come into their order after its keyspaces have changed.
    case keysAfterSpaces

    // Ownership
    /// A second opener is let in.
    case letSecondOpenerIn

    // Objects
    /// The output gate takes the last ticket without sealing the open turn.
    case gateMissesOpenTurn
    /// A call's result does not wait for the object's writes.
    case resultLeavesEarly
    /// A call to another object does not wait for the caller's writes.
    case callLeavesEarly
    /// A chunk of a streamed body does not wait for the object's writes.
    case chunkLeavesEarly
    /// WebSocket frames do not wait for the object's writes.
    case frameLeavesEarly
    /// The input gate lets everybody in.
    case inputGateStaysOpen
    /// Whoever waits at the input gate is let in together.
    case batonForEverybody
    /// Between the input gate and an event's body there is an await.
    case awaitBehindGate
    /// A call's error does not wait for the object's writes.
    case errorLeavesEarly
    /// `sync()` does not wait for the disk.
    case syncReturnsEarly
    /// Each write of a turn is a commit of its own.
    case turnTornApart
    /// A turn whose commit is refused is forgotten, and the object goes on.
    case refusedTurnForgotten
    /// An instance that has ended still reads and writes its storage.
    case endedInstanceWrites
    /// A socket whose close handler fails is left open.
    case closeUnanswered
    /// A busy object is let go like an idle one, and the instance that leaves is not fenced.
    case evictBusyUnfenced

    // Threads
    /// A counter that several threads change without a lock: for ThreadSanitizer.
    case unlockedCounter

    #if PlantedBugs
        /// Index of the planted bug in `allCases`; -1 for none.
        private static let planted = Atomic<Int>(-1)

        /// Plants `bug` in this process, or pulls out the one that is there.
        package static func plant(_ bug: PlantedBug?) {
            let index = bug.flatMap { allCases.firstIndex(of: $0) } ?? -1
            planted.store(index, ordering: .releasing)
        }

        /// Whether this bug is planted.
        package var isPlanted: Bool {
            let index = Self.planted.load(ordering: .acquiring)
            return index >= 0 && Self.allCases[index] == self
        }

        /// Lets others in where the bug leaves a gap.
        package func linger() {
            if isPlanted { usleep(20) }
        }

        /// Counts without a lock while this bug is planted.
        package func race() {
            if isPlanted { Self.racy.count += 1 }
        }

        private static let racy = RacyCounter()

        /// Whether this build can plant bugs.
        package static let isAvailable = true
    #else
        /// Whether this bug is planted: never.
        @inlinable @inline(__always)
        package var isPlanted: Bool { false }

        /// Lets others in where the bug leaves a gap: does nothing.
        @inlinable @inline(__always)
        package func linger() {}

        /// Counts without a lock while this bug is planted: does nothing.
        @inlinable @inline(__always)
        package func race() {}

        /// Whether this build can plant bugs.
        package static let isAvailable = false
    #endif
}

#if PlantedBugs
    /// A race on purpose.
    private final class RacyCounter: @unchecked Sendable {
        var count = 0
    }
#endif
