import CPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The operating system's files, by raw system calls.
///
/// Files are opened with `O_CLOEXEC` and `O_NOFOLLOW` and must be regular; they are created with
/// mode 0600 and directories with 0700, whatever the umask would add.
public struct PosixFileSystem: FileSystem {
    /// Creates a door to the operating system's files.
    public init() {}

    /// Opens a regular file; a symbolic link or a directory in its place is an error.
    public func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> FileID {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            case .createIfMissing: O_RDWR | O_CREAT
            }
        // O_NONBLOCK: opening a pipe that somebody left under our name must not hang.
        let descriptor = unsafe cairn_open(path, flags | cairn_o_nofollow | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw failure(.open, path) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = failure(.status, path)
            _ = systemClose(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            _ = systemClose(descriptor)
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            throw FileError(operation: .open, path: path, code: isDirectory ? EISDIR : EINVAL)
        }
        // A file that is written to is read in small pieces beside that.
        if mode != .read { cairn_expect_random_access(descriptor) }
        return FileID(rawValue: descriptor)
    }

    /// Closes a descriptor, and gives back the lock on it.
    public func close(_ file: FileID) throws(FileError) {
        // A process that another thread is starting has copies of all our descriptors until its exec,
        // and a lock lives as long as the last copy: without this, to close a store and open it again
        // could be refused.
        _ = flock(file.rawValue, LOCK_UN)
        guard systemClose(file.rawValue) == 0 else { throw failure(.close, file) }
    }

    /// `pread(2)`.
    public func read(
        _ file: FileID, at offset: Int64, into buffer: inout MutableRawSpan, from start: Int
    ) throws(FileError) -> Int {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
            return unsafe pread(file.rawValue, rest.baseAddress, rest.count, off_t(offset))
        }
        guard count >= 0 else { throw failure(.read, file) }
        return count
    }

    /// `pwrite(2)`.
    public func write(
        _ file: FileID, at offset: Int64, _ bytes: RawSpan
    ) throws(FileError) -> Int {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe cairn_write(file.rawValue, bytes.baseAddress, bytes.count, off_t(offset))
        }
        guard count >= 0 else { throw failure(.write, file) }
        return count
    }

    /// `fdatasync(2)` or `fsync(2)`; `F_FULLFSYNC` on macOS.
    public func synchronize(_ file: FileID, _ scope: SynchronizeScope) throws(FileError) {
        let result = scope == .data ? cairn_sync_data(file.rawValue) : cairn_sync_all(file.rawValue)
        guard result == 0 else { throw failure(.synchronize, file) }
    }

    /// `fstat(2)`.
    public func byteCount(_ file: FileID) throws(FileError) -> Int64 {
        Int64(try status(file).st_size)
    }

    /// `ftruncate(2)`.
    public func truncate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        guard cairn_truncate(file.rawValue, off_t(byteCount)) == 0 else {
            throw failure(.truncate, file)
        }
    }

    /// `posix_fallocate(3)`; `F_PREALLOCATE` on macOS.
    public func preallocate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        guard cairn_preallocate(file.rawValue, off_t(byteCount)) == 0 else {
            throw failure(.preallocate, file)
        }
    }

    /// `flock(2)`, exclusive, without waiting.
    public func lock(_ file: FileID) throws(FileError) -> Bool {
        if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw failure(.lock, file)
    }

    /// Device and inode, from `fstat(2)`.
    public func identity(_ file: FileID) throws(FileError) -> FileIdentity {
        let status = try status(file)
        return FileIdentity(
            device: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(truncatingIfNeeded: status.st_ino))
    }

    /// `lstat(2)`.
    public func kind(_ path: String) throws(FileError) -> FileKind? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw failure(.status, path)
        }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        default: .other
        }
    }

    /// `readdir(3)`.
    public func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw failure(.list, directory) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw failure(.list, directory) }
                return names
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// `mkdir(2)` with mode 0700.
    public func createDirectory(_ path: String) throws(FileError) {
        guard unsafe mkdir(path, 0o700) == 0 else { throw failure(.createDirectory, path) }
    }

    /// `rename(2)`.
    public func rename(_ source: String, to target: String) throws(FileError) {
        guard systemRename(source, target) == 0 else { throw failure(.rename, source) }
    }

    /// `unlink(2)`.
    public func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else { throw failure(.remove, path) }
    }

    /// `fsync(2)` of the directory itself.
    public func synchronizeDirectory(_ path: String) throws(FileError) {
        let descriptor = unsafe cairn_open(path, O_RDONLY | cairn_o_directory, 0)
        guard descriptor >= 0 else { throw failure(.synchronizeDirectory, path) }
        defer { _ = systemClose(descriptor) }
        guard cairn_sync_all(descriptor) == 0 else { throw failure(.synchronizeDirectory, path) }
    }

    private func status(_ file: FileID) throws(FileError) -> stat {
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0 else { throw failure(.status, file) }
        return status
    }

    private func failure(_ operation: FileError.Operation, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: errno)
    }

    private func failure(_ operation: FileError.Operation, _ file: FileID) -> FileError {
        FileError(operation: operation, path: "descriptor \(file.rawValue)", code: errno)
    }
}

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }

private func systemRename(_ source: String, _ target: String) -> Int32 {
    unsafe rename(source, target)
}
