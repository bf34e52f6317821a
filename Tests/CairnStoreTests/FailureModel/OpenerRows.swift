import CairnFiles
import CairnSimulation
import CairnStore
import CairnTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Who may open a directory: rows 21 and 28 of Docs/FailureModel.md.
@Suite("Failure model: openers") struct OpenerRows {
    @Test func `FM21 a second opener in the same process is refused with its process id`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let before = world.files
        let error = #expect(throws: StoreError.self) { try world.open() }
        #expect(error?.kind == .locked)
        #expect(error?.message.contains("process \(getpid())") == true)
        #expect(world.files == before)
        try store.close()
        try world.open().close()
    }

    /// Goal: a holder elsewhere is named as its lock file says; what the file says is never believed
    /// beyond that.
    /// Method: somebody else holds the lock of the file, which has any content.
    @Test(arguments: [
        ("4711\n", "process 4711"), ("4711", "process 4711"), ("", "another process"),
        ("\u{0}\u{1}junk", "another process"), ("99999999999999999999\n", "another process"),
    ])
    func `FM21 a directory that is held elsewhere is refused with the holder's process id`(
        _ text: String, _ who: String
    ) throws {
        let world = SimulatedStore()
        try world.open().close()
        let holder = try File(SimulatedStore.path + "/LOCK", .createIfMissing, in: world.disk)
        try holder.truncate(to: 0)
        try holder.write(bytes(text), at: 0)
        #expect(try holder.lock())
        let before = world.files
        let error = #expect(throws: StoreError.self) { try world.open() }
        #expect(error?.kind == .locked)
        #expect(error?.message.contains(who) == true)
        let look = #expect(throws: StoreError.self) {
            try StoreVerifier.verify(at: SimulatedStore.path, fileSystem: world.disk)
        }
        #expect(look?.kind == .locked)
        #expect(world.files == before)
        try holder.close()
        try world.open().close()
    }

    @Test func `FM21 a lock ends with its process, however that ends`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        try store.keyspace("s").put("k", [1])
        let next = SimulatedStore(world.disk.afterKill())
        #expect(try next.open().keyspace("s").get("k") == [1])
        try store.close()
    }

    @Test func `FM21 an owner with an older epoch is refused`() throws {
        var world = SimulatedStore()
        world.settings.epoch = 7
        try world.open().close()
        world.settings.epoch = 6
        let error = #expect(throws: StoreError.self) { try world.open() }
        #expect(error?.kind == .locked)
        world.settings.epoch = 8
        try world.open().close()
    }

    /// Goal: a directory or a disk that may not be written is refused before anything is changed, also
    /// where only some of it may not.
    @Test(arguments: [EACCES, EPERM, EROFS])
    func `FM28 what may not be written is refused before any change`(_ code: Int32) throws {
        let files = try SimulatedStore.people(closed: true)
        let changes: Set<FileError.Operation> = [
            .open, .write, .truncate, .preallocate, .createDirectory, .rename, .remove,
        ]
        for suffix in ["", "/LOCK", "/MANIFEST", ".segment"] {
            let world = SimulatedStore(files: files)
            let disk = FaultyFileSystem(over: world.disk)
            disk.setRule { operation, path in
                changes.contains(operation) && path.hasSuffix(suffix) ? code : nil
            }
            let error = #expect(throws: StoreError.self) { try world.open(through: disk) }
            #expect(error?.kind == .permission, "\(suffix)")
            #expect(error?.cause?.code == code)
            #expect(world.files == files, "\(suffix)")
            disk.setRule(nil)
            try world.open(through: disk).close()
        }
        let world = SimulatedStore()
        let disk = FaultyFileSystem(over: world.disk)
        disk.failAll(.createDirectory, with: code)
        let error = #expect(throws: StoreError.self) { try world.open(through: disk) }
        #expect(error?.kind == .permission)
    }
}
