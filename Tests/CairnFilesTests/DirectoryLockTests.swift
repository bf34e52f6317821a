import CairnFiles
import CairnTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("DirectoryLock") struct DirectoryLockTests {
    @Test func `a second owner in the same process is refused, under another name too`() throws {
        let directory = try TemporaryDirectory()
        let lock = try DirectoryLock(directory: directory.path, in: PosixFileSystem())
        for path in [directory.path, directory.path + "/."] {
            let refusal = #expect(throws: DirectoryLock.Refusal.self) {
                _ = try DirectoryLock(directory: path, in: PosixFileSystem())
            }
            #expect(refusal == .held(processID: getpid()))
        }
        _ = consume lock
    }

    @Test func `the lock is free again when its holder goes away`() throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<3 {
            let lock = try DirectoryLock(directory: directory.path, in: PosixFileSystem())
            _ = consume lock
        }
    }

    /// Goal: a lock does not outlive its holder because a process that is just being started has a copy
    /// of the descriptor. Method: a copy as `fork` makes one stays open over the close.
    @Test func `the lock is free although a copy of its descriptor is open`() throws {
        let directory = try TemporaryDirectory()
        let files = PosixFileSystem()
        let first = try files.open(directory.path + "/LOCK", .createIfMissing)
        #expect(try files.lock(first))
        let copy = dup(first.rawValue)
        defer { close(copy) }
        try files.close(first)
        let second = try files.open(directory.path + "/LOCK", .createIfMissing)
        #expect(try files.lock(second))
        try files.close(second)
    }

    @Test func `a file system that refuses is reported and leaves nothing behind`() throws {
        let directory = try TemporaryDirectory()
        let disk = FaultyFileSystem()
        disk.failAll(.lock, with: EIO)
        let refusal = #expect(throws: DirectoryLock.Refusal.self) {
            _ = try DirectoryLock(directory: directory.path, in: disk)
        }
        guard case .file(let error) = refusal else {
            Issue.record("expected a file error, found \(String(describing: refusal))")
            return
        }
        #expect(error.operation == .lock)
        disk.setRule(nil)
        _ = try DirectoryLock(directory: directory.path, in: disk)
    }
}
