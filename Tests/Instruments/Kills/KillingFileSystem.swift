import CairnFiles
import CairnPlatform
import CairnStore
import Synchronization

/// The operating system's files, on which this process kills itself in one chosen call.
///
/// So kills land where a kill at a random time hardly ever does: inside recovery, between the
/// manifest's rename and the sync of its directory, in the middle of a write.
final class KillingFileSystem: FileSystem {
    private let base = PosixFileSystem()
    private let fatalCall: Int
    private let kind: FileError.Operation?
    private let onlyLarge: Bool
    private let moment: KillMoment
    private let calls = Atomic(0)

    /// - Parameters:
    ///   - fatalCall: which call does not return, from 1.
    ///   - kind: the calls that are counted; `nil` for all.
    ///   - onlyLarge: whether writes are counted only when they are larger than a frame.
    init(
        fatalCall: Int, of kind: FileError.Operation?, _ moment: KillMoment, onlyLarge: Bool
    ) {
        self.onlyLarge = onlyLarge
        self.fatalCall = fatalCall
        self.kind = kind
        self.moment = moment
    }

    /// Counts a call and makes it, unless this is the one.
    private func passing<Result>(
        _ operation: FileError.Operation, _ call: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        let isFatal = arrive(operation)
        let result = try call()
        if isFatal { die(operation) }
        return result
    }

    /// - Returns: whether this call must not return.
    private func arrive(_ operation: FileError.Operation) -> Bool {
        guard kind == nil || kind == operation else { return false }
        let isFatal = calls.wrappingAdd(1, ordering: .relaxed).newValue == fatalCall
        if isFatal && moment == .before { die(operation) }
        return isFatal
    }

    private func die(_ operation: FileError.Operation) -> Never {
        let call = KillMoment.operations.firstIndex(of: operation) ?? 0
        let isWhole = moment == .halfway && operation != .write
        let moment = isWhole ? KillMoment.after : moment
        LedgerMessage.dying(call: UInt64(call), moment: moment.rawValue).say()
        ParentWatch.die()
    }

    func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> FileID {
        try passing(.open) { () throws(FileError) in try base.open(path, mode) }
    }

    func close(_ file: FileID) throws(FileError) {
        try passing(.close) { () throws(FileError) in try base.close(file) }
    }

    func read(
        _ file: FileID, at offset: Int64, into buffer: inout MutableRawSpan, from start: Int
    ) throws(FileError) -> Int {
        let isFatal = arrive(.read)
        let count = try base.read(file, at: offset, into: &buffer, from: start)
        if isFatal { die(.read) }
        return count
    }

    func write(
        _ file: FileID, at offset: Int64, _ bytes: RawSpan
    ) throws(FileError) -> Int {
        // Only such a write can hold a batch that spans frames, which is what half a write can halve.
        let isCounted = !onlyLarge || bytes.byteCount > StoreLimits.framePayloadByteCountMax
        let isFatal = isCounted && arrive(.write)
        let isHalf = isFatal && moment == .halfway
        let count = try base.write(
            file, at: offset, isHalf ? bytes.extracting(first: bytes.byteCount * 3 / 4) : bytes)
        if isFatal { die(.write) }
        return count
    }

    func synchronize(_ file: FileID, _ scope: SynchronizeScope) throws(FileError) {
        try passing(.synchronize) { () throws(FileError) in try base.synchronize(file, scope) }
    }

    func byteCount(_ file: FileID) throws(FileError) -> Int64 {
        try passing(.status) { () throws(FileError) in try base.byteCount(file) }
    }

    func truncate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try passing(.truncate) { () throws(FileError) in try base.truncate(file, to: byteCount) }
    }

    func preallocate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try passing(.preallocate) { () throws(FileError) in
            try base.preallocate(file, to: byteCount)
        }
    }

    func lock(_ file: FileID) throws(FileError) -> Bool {
        try passing(.lock) { () throws(FileError) in try base.lock(file) }
    }

    func identity(_ file: FileID) throws(FileError) -> FileIdentity {
        try passing(.status) { () throws(FileError) in try base.identity(file) }
    }

    func kind(_ path: String) throws(FileError) -> FileKind? {
        try passing(.status) { () throws(FileError) in try base.kind(path) }
    }

    func list(_ directory: String) throws(FileError) -> [String] {
        try passing(.list) { () throws(FileError) in try base.list(directory) }
    }

    func createDirectory(_ path: String) throws(FileError) {
        try passing(.createDirectory) { () throws(FileError) in try base.createDirectory(path) }
    }

    func rename(_ source: String, to target: String) throws(FileError) {
        try passing(.rename) { () throws(FileError) in try base.rename(source, to: target) }
    }

    func remove(_ path: String) throws(FileError) {
        try passing(.remove) { () throws(FileError) in try base.remove(path) }
    }

    func synchronizeDirectory(_ path: String) throws(FileError) {
        try passing(.synchronizeDirectory) { () throws(FileError) in
            try base.synchronizeDirectory(path)
        }
    }
}
