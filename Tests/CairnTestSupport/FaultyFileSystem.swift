package import CairnFiles
import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file system that does what it is told: holds syncs back, fails chosen calls, makes writes
/// short, or forgets what was never synced.
package final class FaultyFileSystem: FileSystem {
    /// Decides about one call: an error number to fail it with, or `nil` to let it through.
    package typealias Rule = @Sendable (_ operation: FileError.Operation, _ path: String) -> Int32?

    private struct State {
        var paths: [FileID: String] = [:]
        var rule: Rule?
        var syncsHeld = false
        var syncsWaiting = 0
        var bytesPerCallMax = Int.max
        var calls: [FileError.Operation: Int] = [:]
    }

    private let base: any FileSystem
    private let state = Locked(State())

    package init(over base: any FileSystem = PosixFileSystem()) { self.base = base }

    /// Fails the calls that `rule` names, until it is replaced; `nil` fails none.
    package func setRule(_ rule: Rule?) { state.withLock { $0.rule = rule } }

    /// Fails every call of `operation` with `code`, until `setRule(nil)`.
    package func failAll(_ operation: FileError.Operation, with code: Int32 = 5 /* EIO */) {
        setRule { called, _ in called == operation ? code : nil }
    }

    /// Makes every `synchronize` wait until `releaseSyncs`.
    package func holdSyncs() { state.withLock { $0.syncsHeld = true } }

    /// Lets waiting and later syncs through.
    package func releaseSyncs() {
        state.withLock { $0.syncsHeld = false }
        state.wakeWaiters()
    }

    /// Blocks until some sync is being held back. Not for tasks: use `syncsWaiting`.
    package func waitForHeldSync() {
        state.withLock(when: { $0.syncsWaiting > 0 }, { _ in })
    }

    /// How many syncs are being held back now.
    package var syncsWaiting: Int { state.withLock { $0.syncsWaiting } }

    /// Reads and writes take at most `count` bytes a call.
    package func limitCalls(to count: Int) { state.withLock { $0.bytesPerCallMax = count } }

    /// How often `operation` has been called.
    package func calls(of operation: FileError.Operation) -> Int {
        state.withLock { $0.calls[operation, default: 0] }
    }

    private func check(_ operation: FileError.Operation, _ path: String) throws(FileError) {
        let rule = state.withLock { state in
            state.calls[operation, default: 0] += 1
            return state.rule
        }
        if let code = rule?(operation, path) {
            throw FileError(operation: operation, path: path, code: code)
        }
    }

    private func path(_ file: FileID) -> String { state.withLock { $0.paths[file] ?? "?" } }

    package func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> FileID {
        try check(.open, path)
        let file = try base.open(path, mode)
        state.withLock { $0.paths[file] = path }
        return file
    }

    package func close(_ file: FileID) throws(FileError) {
        let path = path(file)
        state.withLock { _ = $0.paths.removeValue(forKey: file) }
        try base.close(file)
        try check(.close, path)
    }

    package func read(
        _ file: FileID, at offset: Int64, into buffer: inout MutableRawSpan, from start: Int
    ) throws(FileError) -> Int {
        try check(.read, path(file))
        let most = state.withLock { $0.bytesPerCallMax }
        guard buffer.byteCount - start > most else {
            return try base.read(file, at: offset, into: &buffer, from: start)
        }
        var part = [UInt8](repeating: 0, count: most)
        var span = part.mutableSpan
        var raw = unsafe span.mutableBytes
        let count = try base.read(file, at: offset, into: &raw, from: 0)
        for index in 0..<count {
            buffer.storeBytes(of: part[index], toByteOffset: start + index, as: UInt8.self)
        }
        return count
    }

    package func write(
        _ file: FileID, at offset: Int64, _ bytes: RawSpan
    ) throws(FileError) -> Int {
        try check(.write, path(file))
        let most = state.withLock { $0.bytesPerCallMax }
        return try base.write(file, at: offset, bytes.extracting(first: most))
    }

    package func synchronize(_ file: FileID, _ scope: SynchronizeScope) throws(FileError) {
        state.withLock { $0.syncsWaiting += 1 }
        state.wakeWaiters()
        state.withLock(when: { !$0.syncsHeld }, { $0.syncsWaiting -= 1 })
        try check(.synchronize, path(file))
        try base.synchronize(file, scope)
    }

    package func byteCount(_ file: FileID) throws(FileError) -> Int64 {
        try check(.status, path(file))
        return try base.byteCount(file)
    }

    package func truncate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try check(.truncate, path(file))
        try base.truncate(file, to: byteCount)
    }

    package func preallocate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try check(.preallocate, path(file))
        try base.preallocate(file, to: byteCount)
    }

    package func lock(_ file: FileID) throws(FileError) -> Bool {
        try check(.lock, path(file))
        return try base.lock(file)
    }

    package func identity(_ file: FileID) throws(FileError) -> FileIdentity {
        try base.identity(file)
    }

    package func kind(_ path: String) throws(FileError) -> FileKind? {
        try check(.status, path)
        return try base.kind(path)
    }

    package func list(_ directory: String) throws(FileError) -> [String] {
        try check(.list, directory)
        return try base.list(directory)
    }

    package func createDirectory(_ path: String) throws(FileError) {
        try check(.createDirectory, path)
        try base.createDirectory(path)
    }

    package func rename(_ source: String, to target: String) throws(FileError) {
        try check(.rename, source)
        try base.rename(source, to: target)
    }

    package func remove(_ path: String) throws(FileError) {
        try check(.remove, path)
        try base.remove(path)
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        try check(.synchronizeDirectory, path)
        try base.synchronizeDirectory(path)
    }
}
