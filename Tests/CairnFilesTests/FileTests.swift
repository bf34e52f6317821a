import CairnFiles
import CairnTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("File") struct FileTests {
    @Test func `short reads and writes are made whole`() throws {
        let directory = try TemporaryDirectory()
        let disk = FaultyFileSystem()
        disk.limitCalls(to: 7)
        let file = try File(directory.path + "/f", .create, in: disk)
        let bytes = (0..<100).map { UInt8($0) }
        try file.write(bytes, at: 5)
        #expect(try file.read(at: 0, byteCount: 200) == [0, 0, 0, 0, 0] + bytes)
        #expect(disk.calls(of: .write) == 15)
    }

    @Test func `an interrupted call is made again`() throws {
        let directory = try TemporaryDirectory()
        let disk = FaultyFileSystem()
        let file = try File(directory.path + "/f", .create, in: disk)
        let interruptions = Interruptions(3)
        disk.setRule { operation, _ in interruptions.next() }
        try file.write([1, 2, 3], at: 0)
        interruptions.reset(3)
        #expect(try file.read(at: 0, byteCount: 3) == [1, 2, 3])
        interruptions.reset(2)
        try file.truncate(to: 2)
        #expect(try file.byteCount() == 2)
    }

    @Test func `a sync is never tried twice`() throws {
        let directory = try TemporaryDirectory()
        let disk = FaultyFileSystem()
        let file = try File(directory.path + "/f", .create, in: disk)
        disk.failAll(.synchronize, with: 4)
        let error = #expect(throws: FileError.self) { try file.synchronize() }
        #expect(error?.isInterruption == true)
        #expect(disk.calls(of: .synchronize) == 1)
    }

    @Test func `a symbolic link, a directory and a pipe are not opened`() throws {
        let directory = try TemporaryDirectory()
        let disk = PosixFileSystem()
        _ = try File(directory.path + "/real", .create, in: disk)
        try #require(directory.link("real", as: "link"))
        try disk.createDirectory(directory.path + "/folder")
        try #require(directory.pipe("pipe"))
        for name in ["link", "folder", "pipe"] {
            let error = #expect(throws: FileError.self) {
                _ = try File(directory.path + "/" + name, .readWrite, in: disk)
            }
            #expect(error?.path == directory.path + "/" + name)
            #expect(error?.operation == .open)
        }
        #expect(try disk.kind(directory.path + "/link") == .other)
        #expect(try disk.kind(directory.path + "/nothing") == nil)
    }

    @Test func `FM22 programs that are started do not inherit the store's files`() throws {
        let directory = try TemporaryDirectory()
        let disk = PosixFileSystem()
        for mode in [FileOpenMode.create, .read, .readWrite, .createIfMissing] {
            let file = try disk.open(directory.path + "/f", mode)
            #expect(fcntl(file.rawValue, F_GETFD) & FD_CLOEXEC != 0)
            try disk.close(file)
        }
    }

    @Test func `files and directories are their owner's alone`() throws {
        let directory = try TemporaryDirectory()
        let disk = PosixFileSystem()
        _ = try File(directory.path + "/f", .create, in: disk)
        try disk.createDirectory(directory.path + "/d")
        #expect(directory.mode(of: "f") == 0o600)
        #expect(directory.mode(of: "d") == 0o700)
    }

    @Test func `errors name the operation, the path and the number`() {
        let error = #expect(throws: FileError.self) {
            _ = try File("/nonexistent/file", .read, in: PosixFileSystem())
        }
        #expect(
            error?.description
                == "cannot open /nonexistent/file: No such file or directory (errno 2)")
        #expect(error?.isMissing == true)
    }
}
