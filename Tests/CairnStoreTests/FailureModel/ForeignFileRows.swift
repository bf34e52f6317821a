import CairnFiles
import CairnSimulation
import CairnTestSupport
import Testing

@testable import CairnStore

/// Files that belong elsewhere, or to another version: rows 18, 29 and 31 of Docs/FailureModel.md.
@Suite("Failure model: foreign files") struct ForeignFileRows {
    @Test(arguments: [3, 4, 99] as [UInt64])
    func `FM18 a copy of a segment under another name is refused`(_ number: UInt64) throws {
        var files = try SimulatedStore.people(closed: true)
        files["/disk/store/" + SegmentIdentity.fileName(of: number)] = files[SimulatedStore.log]
        let error = #expect(throws: StoreError.self) { try SimulatedStore(files: files).open() }
        #expect(error?.kind == .foreign)
        #expect(error?.message.contains("copy of segment 1") == true)
    }

    @Test func `FM18 a file of another store is refused by its store`() throws {
        let files = try SimulatedStore.people(closed: true)
        let other = try SimulatedStore.people(closed: true, seed: 2)
        for path in [SimulatedStore.log, SimulatedStore.manifest] {
            var mixed = files
            mixed[path] = other[path]
            let world = SimulatedStore(files: mixed)
            let error = #expect(throws: StoreError.self) { try world.open() }
            #expect(error?.kind == .foreign)
            #expect(error?.message.contains("belongs to store") == true)
            #expect(world.files == mixed)
        }
        var added = files
        added[SimulatedStore.thirdLog] = other[SimulatedStore.log]
        let error = #expect(throws: StoreError.self) { try SimulatedStore(files: added).open() }
        #expect(error?.kind == .foreign)
        #expect(error?.message.contains("another store") == true)
    }

    @Test(arguments: ["MANIFEST", "0000000000000001.segment"])
    func `FM29 what is not a regular file under a name of ours is refused`(_ name: String) throws {
        for replacement in ["link", "pipe", "directory"] {
            let test = try TestStore()
            try test.open().close()
            try test.directory.write(try test.directory.contents(of: name), to: "elsewhere")
            try test.directory.remove(name)
            switch replacement {
            case "link": #expect(test.directory.link("elsewhere", as: name))
            case "pipe": #expect(test.directory.pipe(name))
            default: try PosixFileSystem().createDirectory(test.path + "/" + name)
            }
            let error = #expect(throws: StoreError.self, "\(replacement)") { try test.open() }
            #expect(error?.kind == .foreign, "\(replacement): \(String(describing: error))")
            #expect(error?.message.contains(test.path + "/" + name) == true)
        }
    }

    @Test func `FM29 a store's directory may be reached through a link, a file may not`() throws {
        let test = try TestStore()
        try test.open().close()
        let other = try TemporaryDirectory()
        #expect(other.link(test.path, as: "link"))
        #expect(other.link(other.path + "/nothing", as: "dangling"))
        try other.write([], to: "file")
        try Store.open(at: other.path + "/link", settings: test.settings).close()
        for name in ["file", "dangling"] {
            let error = #expect(throws: StoreError.self) {
                try Store.open(at: other.path + "/" + name)
            }
            #expect(error?.kind == .notADirectory)
        }
    }

    @Test func `FM31 a newer format version is refused with both versions`() throws {
        let files = try SimulatedStore.people(closed: true)
        for path in files.keys {
            var newer = files
            newer[path]?[8] = 9
            let error = #expect(throws: StoreError.self) {
                try SimulatedStore(files: newer).open()
            }
            #expect(error?.kind == .unsupportedVersion)
            #expect(error?.message.contains("version 9") == true)
            #expect(error?.message.contains("reads 1") == true)
        }
    }

    /// Something a later version may write, checksums and all.
    private static let unknowns: [(String, CraftedStore)] = {
        var stores: [(String, CraftedStore)] = []
        func add(_ name: String, _ change: (inout CraftedStore) -> Void) {
            var store = CraftedStore()
            store.appendPeople()
            change(&store)
            stores.append((name, store))
        }
        let record = CraftedRecord(sequence: 2, key: bytes("k"), stored: bytes("v"))
        func add(_ name: String, _ change: (inout CraftedRecord) -> Void) {
            var unknown = record
            change(&unknown)
            add(name) { $0.append([unknown]) }
        }
        add("flags of the manifest") { $0.manifestPatches[10] = [2] }
        add("role of a segment") { $0.headerPatches[10] = [2] }
        add("encryption of a segment") { $0.headerPatches[11] = [1] }
        add("dictionary of a segment") { $0.headerPatches[72] = [1] }
        add("length of a segment's dictionary") { $0.headerPatches[76] = [1] }
        add("kind of a frame") { $0.append([record], [8: [4]]) }
        add("flags of a frame") { $0.append([record], [9: [4]]) }
        add("reserved bytes of a frame") { $0.append([record], [56: [1]]) }
        add("kind of a record") { $0.kind = 6 }
        add("flags of a record") { $0.flags = 8 }
        add("codec of a record") { $0.codec = 2 }
        return stores
    }()

    /// Goal: what this version does not know is refused, never cut off like a torn tail, never guessed.
    /// Method: each unknown thing in a place where a torn tail could be, in a store that is whole.
    @Test func `FM31 what a newer version may write is refused, and nothing is changed`() throws {
        #expect(CraftedStore().outcome() == nil)
        for (name, store) in Self.unknowns {
            let disk = store.disk
            let before = disk.files
            #expect(store.outcome(disk) == .unsupportedVersion, "\(name)")
            #expect(disk.files.filter { !$0.key.hasSuffix("LOCK") } == before, "\(name)")
            let report = try StoreVerifier.verify(at: SimulatedStore.path, fileSystem: store.disk)
            #expect(!report.findings.isEmpty, "\(name)")
        }
    }
}
