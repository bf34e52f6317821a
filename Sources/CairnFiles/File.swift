import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open file: whole reads and writes over the single system calls of a `FileSystem`.
///
/// Owns its descriptor: it cannot be copied, so it cannot be closed twice, and going out of scope
/// closes it. Reads and writes at explicit offsets may run on several threads at once.
public struct File: ~Copyable, Sendable {
    /// What it was opened as, for messages.
    public let path: String
    private let id: FileID
    private let fileSystem: any FileSystem
    private var isClosed = false

    /// Opens `path` in `fileSystem`.
    public init(
        _ path: String, _ mode: FileOpenMode, in fileSystem: any FileSystem
    ) throws(FileError) {
        self.id = try retrying { () throws(FileError) in try fileSystem.open(path, mode) }
        self.path = path
        self.fileSystem = fileSystem
    }

    deinit {
        // Nothing can be reported from here; whoever needs to know calls `close()`.
        if !isClosed { try? fileSystem.close(id) }
    }

    /// Closes the file and says whether that worked. Never retried: the descriptor is gone either way.
    public consuming func close() throws(FileError) {
        isClosed = true
        try fileSystem.close(id)
    }

    /// Reads exactly `buffer.byteCount` bytes at `offset`, or up to the end of the file.
    /// - Returns: how many bytes of `buffer` are filled: fewer than it holds only at the end.
    public func read(
        at offset: Int64, into buffer: inout MutableRawSpan
    ) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.byteCount {
            do throws(FileError) {
                let count = try fileSystem.read(
                    id, at: offset + Int64(filled), into: &buffer, from: filled)
                if count == 0 { break }
                filled += count
            } catch {
                guard error.isInterruption else { throw error }
            }
        }
        return filled
    }

    /// Reads `byteCount` bytes at `offset` into a new array: shorter only at the end of the file.
    public func read(at offset: Int64, byteCount: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        let filled = try read(at: offset, into: &raw)
        if filled < byteCount { bytes.removeLast(byteCount - filled) }
        return bytes
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: RawSpan, at offset: Int64) throws(FileError) {
        var taken = 0
        while taken < bytes.byteCount {
            do throws(FileError) {
                let count = try fileSystem.write(
                    id, at: offset + Int64(taken), bytes.extracting(taken...))
                // A write that takes nothing and reports nothing would loop for ever.
                if count == 0 { throw FileError(operation: .write, path: path, code: EIO) }
                taken += count
                if PlantedBug.ignoreShortWrite.isPlanted { return }
            } catch {
                guard error.isInterruption else { throw error }
            }
        }
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
        try unsafe write(bytes.span.bytes, at: offset)
    }

    /// Returns when the content is on the platter. Never retried: see `FileSystem.synchronize`.
    public func synchronize(_ scope: SynchronizeScope = .data) throws(FileError) {
        try fileSystem.synchronize(id, scope)
    }

    /// The file's length in bytes.
    public func byteCount() throws(FileError) -> Int64 { try fileSystem.byteCount(id) }

    /// Cuts or extends the file.
    public func truncate(to byteCount: Int64) throws(FileError) {
        try retrying { () throws(FileError) in try fileSystem.truncate(id, to: byteCount) }
    }

    /// Reserves space for the first `byteCount` bytes.
    public func preallocate(to byteCount: Int64) throws(FileError) {
        try retrying { () throws(FileError) in try fileSystem.preallocate(id, to: byteCount) }
    }

    /// Takes the file's exclusive advisory lock; false when somebody else holds it.
    public func lock() throws(FileError) -> Bool {
        try retrying { () throws(FileError) in try fileSystem.lock(id) }
    }

    /// What the file is, whatever it is called.
    public func identity() throws(FileError) -> FileIdentity { try fileSystem.identity(id) }
}

/// Makes a call again for as long as a signal interrupts it.
private func retrying<Result>(
    _ call: () throws(FileError) -> Result
) throws(FileError) -> Result {
    while true {
        do throws(FileError) {
            return try call()
        } catch {
            guard error.isInterruption else { throw error }
        }
    }
}
