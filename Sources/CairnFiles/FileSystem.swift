/// The one seam to the disk. Everything Cairn keeps goes through a value of this type, so that a
/// simulation can stand in its place, record every call, and lose, tear or fail any of them.
///
/// Each call is one system call: it may be short, and it may fail with `EINTR`. `File` makes whole
/// reads and writes out of them. Paths are absolute or relative to the process; the last component
/// is never followed when it is a symbolic link.
///
/// Implementations are thread-safe.
public protocol FileSystem: Sendable {
    /// Opens a regular file.
    func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> FileID
    /// Closes a file; the id must not be used again.
    func close(_ file: FileID) throws(FileError)
    /// Fills `buffer` from its byte `start` on with bytes of the file from `offset` on; fewer may
    /// come than fit, 0 only at the end of the file.
    func read(
        _ file: FileID, at offset: Int64, into buffer: inout MutableRawSpan, from start: Int
    ) throws(FileError) -> Int
    /// Writes up to `bytes.byteCount` bytes at `offset` and returns how many were taken.
    func write(_ file: FileID, at offset: Int64, _ bytes: RawSpan) throws(FileError) -> Int
    /// Returns when the file's content is on the platter. After a failure the content is unknown:
    /// the kernel may have dropped the dirty pages and will report success next time.
    func synchronize(_ file: FileID, _ scope: SynchronizeScope) throws(FileError)
    /// The file's length in bytes.
    func byteCount(_ file: FileID) throws(FileError) -> Int64
    /// Cuts or extends the file to `byteCount` bytes; new bytes read as zero.
    func truncate(_ file: FileID, to byteCount: Int64) throws(FileError)
    /// Reserves space for the first `byteCount` bytes, so that writing there cannot meet a full
    /// disk, and extends the file to that length with zeros.
    func preallocate(_ file: FileID, to byteCount: Int64) throws(FileError)
    /// Takes the exclusive advisory lock of an open file: false when somebody else holds it.
    func lock(_ file: FileID) throws(FileError) -> Bool
    /// What the file is, whatever it is called.
    func identity(_ file: FileID) throws(FileError) -> FileIdentity
    /// What is at `path`, or `nil` when nothing is.
    func kind(_ path: String) throws(FileError) -> FileKind?
    /// The names in a directory, in no order, without `.` and `..`.
    func list(_ directory: String) throws(FileError) -> [String]
    /// Creates one directory, for its owner only. Its parent must exist.
    func createDirectory(_ path: String) throws(FileError)
    /// Replaces `target` with `source` in one step. Durable only after the directory is.
    func rename(_ source: String, to target: String) throws(FileError)
    /// Removes a file. Durable only after the directory is.
    func remove(_ path: String) throws(FileError)
    /// Makes creations, renames and removals in a directory durable.
    func synchronizeDirectory(_ path: String) throws(FileError)
}

/// An open file, as its file system numbers it.
public struct FileID: Hashable, Sendable {
    /// The number; a descriptor on a POSIX system.
    public let rawValue: Int32

    /// Wraps a number that `FileSystem.open` hands out.
    public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// How to open a file.
public enum FileOpenMode: Sendable, Hashable {
    /// Must exist; only reads.
    case read
    /// Must exist; reads and writes.
    case readWrite
    /// Must not exist; created for its owner only (0600).
    case create
    /// Created for its owner only (0600) unless it exists; reads and writes.
    case createIfMissing
}

/// How much of a file `synchronize` must make durable.
public enum SynchronizeScope: Sendable, Hashable {
    /// The bytes, and what is needed to read them back: `fdatasync`.
    case data
    /// All metadata too: `fsync`. On macOS both mean `F_FULLFSYNC`.
    case all
}

/// What a directory entry is.
public enum FileKind: Sendable, Hashable {
    /// A regular file.
    case regular
    /// A directory.
    case directory
    /// A symbolic link, a device, a socket or a pipe: never something of ours.
    case other
}

/// A file whatever its name: two names with one identity are one file.
public struct FileIdentity: Sendable, Hashable {
    /// The device it lives on.
    public let device: UInt64
    /// Its number there.
    public let inode: UInt64

    /// Names the file `inode` of `device`.
    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}
