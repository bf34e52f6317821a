import CairnFiles
import CairnPlatform
import Synchronization

/// One file of the log: a header, then frames, then zeros up to its capacity while it is active.
///
/// A segment is written front to back by the committer alone and never changes once sealed. Reads
/// may run on any thread at any time; what has not been written yet is in `LogState`.
final class Segment: Sendable {
    let identity: SegmentIdentity
    let path: String
    private let file: File
    private let writtenEndOffset: Atomic<Int>

    /// Takes an open file whose header has been written or checked.
    init(
        identity: SegmentIdentity, path: String, file: consuming File,
        writtenEnd: Int = SegmentHeader.byteCount
    ) {
        self.identity = identity
        self.path = path
        self.file = file
        writtenEndOffset = Atomic(writtenEnd)
    }

    /// Everything before this offset is in the file; the rest is still in `LogState`.
    var writtenEnd: Int { writtenEndOffset.load(ordering: .acquiring) }

    /// Called by the committer alone, after the bytes before `offset` have been written.
    func advanceWrittenEnd(to offset: Int) {
        writtenEndOffset.store(offset, ordering: .releasing)
    }

    /// `byteCount` bytes at `offset`; fewer at the end of the file.
    func read(at offset: Int, byteCount: Int) throws(FileError) -> [UInt8] {
        try file.read(at: Int64(offset), byteCount: byteCount)
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        try file.write(bytes, at: Int64(offset))
    }

    func synchronize(_ scope: SynchronizeScope = .data) throws(FileError) {
        try file.synchronize(scope)
    }

    func byteCount() throws(FileError) -> Int { Int(try file.byteCount()) }

    func truncate(to byteCount: Int) throws(FileError) {
        try file.truncate(to: Int64(byteCount))
    }

    /// Reserves space up to `byteCount` behind all that has been written, durably.
    ///
    /// The last byte is written again because a sync that failed may have left the file's length in the
    /// kernel's memory alone, for clean, and a later sync would not write it.
    func reserve(_ byteCount: Int) throws(FileError) {
        try file.preallocate(to: Int64(byteCount))
        if !PlantedBug.believeLaterSync.isPlanted {
            try write([0], at: max(byteCount, try self.byteCount()) - 1)
        }
        if !PlantedBug.serveUnsynced.isPlanted { try synchronize(.all) }
    }
}
