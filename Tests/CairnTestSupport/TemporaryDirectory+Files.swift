import CairnFiles

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What tests do to files behind the store's back.
extension TemporaryDirectory {
    /// The names in the directory, sorted.
    package func names() throws -> [String] { try PosixFileSystem().list(path).sorted() }

    /// A file's whole content.
    package func contents(of name: String) throws -> [UInt8] {
        let file = try File(path + "/" + name, .read, in: PosixFileSystem())
        return try file.read(at: 0, byteCount: Int(try file.byteCount()))
    }

    /// Replaces, or creates, a file.
    package func write(_ bytes: [UInt8], to name: String) throws {
        let file = try File(path + "/" + name, .createIfMissing, in: PosixFileSystem())
        try file.truncate(to: 0)
        try file.write(bytes, at: 0)
    }

    package func remove(_ name: String) throws { try PosixFileSystem().remove(path + "/" + name) }

    /// Copies every file but the lock into `other`.
    package func copy(to other: TemporaryDirectory) throws {
        for name in try names() where name != "LOCK" {
            try other.write(try contents(of: name), to: name)
        }
    }

    package func link(_ target: String, as name: String) -> Bool {
        unsafe symlink(target, path + "/" + name) == 0
    }

    package func pipe(_ name: String) -> Bool { unsafe mkfifo(path + "/" + name, 0o600) == 0 }

    package func mode(of name: String) -> UInt32 {
        var status = stat()
        guard unsafe stat(path + "/" + name, &status) == 0 else { return 0 }
        return UInt32(status.st_mode) & 0o777
    }

    /// Removes the directory itself, which must be empty.
    package func removeItself() -> Bool { unsafe rmdir(path) == 0 }

    package func setMode(_ mode: UInt32) { _ = unsafe chmod(path, mode_t(mode)) }
}
