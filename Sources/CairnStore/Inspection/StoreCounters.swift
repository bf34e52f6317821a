import CairnFiles
import CairnPlatform
import Synchronization

/// What a store has done since it was opened, counted where it happens.
///
/// Every counter is raised by relaxed atomic additions: nothing is ordered by them, and a reader of
/// several may see one of them ahead of another. A read costs one addition, to a stripe.
///
/// Lock order: the lock of `syncLatency` is innermost; only the committer and `metrics` take it.
final class StoreCounters: Sendable {
    private let commits = Atomic<UInt64>(0)
    private let records = Atomic<UInt64>(0)
    private let frames = Atomic<UInt64>(0)
    private let writtenBytes = Atomic<UInt64>(0)
    private let syncs = Atomic<UInt64>(0)
    private let syncLatency = Locked(LatencyHistogram())
    private let reads = StripedCounter()
    private let diskBytes = StripedCounter()
    private let clock: any MonotonicClock

    /// - Parameter clock: what syncs are timed with.
    init(clock: any MonotonicClock) { self.clock = clock }

    /// Counts a commit that has become visible.
    func countCommit(records count: Int) {
        commits.wrappingAdd(1, ordering: .relaxed)
        records.wrappingAdd(UInt64(count), ordering: .relaxed)
    }

    /// Counts frames that have been handed to the operating system.
    func countWrite(frames count: Int, byteCount: Int) {
        frames.wrappingAdd(UInt64(count), ordering: .relaxed)
        writtenBytes.wrappingAdd(UInt64(byteCount), ordering: .relaxed)
    }

    /// Runs one sync of the log, and counts and times it unless it fails.
    func timeSync(_ sync: () throws(FileError) -> Void) throws(FileError) {
        let start = clock.nanosecondsSinceStart
        try sync()
        let end = clock.nanosecondsSinceStart
        syncs.wrappingAdd(1, ordering: .relaxed)
        syncLatency.withLock { $0.record(nanoseconds: end >= start ? end - start : 0) }
    }

    /// Counts keys looked up or listed.
    /// - Parameter stripe: whatever differs between threads that read at once, such as the key.
    func countReads(_ count: Int, stripe: Int) { reads.add(count, stripe: stripe) }

    /// Counts bytes of records that came from the disk and not from memory of ours.
    func countDiskRead(byteCount: Int, stripe: Int) { diskBytes.add(byteCount, stripe: stripe) }

    /// Puts the counts where they belong.
    func fill(_ metrics: inout StoreMetrics) {
        metrics.commitCount = commits.load(ordering: .relaxed)
        metrics.recordCount = records.load(ordering: .relaxed)
        metrics.frameCount = frames.load(ordering: .relaxed)
        metrics.writtenByteCount = writtenBytes.load(ordering: .relaxed)
        metrics.syncCount = syncs.load(ordering: .relaxed)
        metrics.syncLatency = syncLatency.withLock { $0 }
        metrics.readCount = reads.value
        metrics.diskReadByteCount = diskBytes.value
    }
}
