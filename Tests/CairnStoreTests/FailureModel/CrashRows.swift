import CairnFiles
import CairnSimulation
import Testing

@testable import CairnStore

/// What a power cut leaves of single calls: rows 3 to 8 of Docs/FailureModel.md.
@Suite("Failure model: crashes") struct CrashRows {
    /// Goal: of commits that nobody waited for a power cut may take the last ones, never one in the
    /// middle: what landed behind a gap is not brought back.
    @Test func `FM03 unsynced writes that land out of order leave a prefix of the commits`() throws
    {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        for index in 0..<6 {
            try space.put("\(index)", noise(150, seed: UInt64(index)), durability: .buffered)
        }
        var counts: Set<Int> = []
        for state in world.disk.crashStates(seed: 3) {
            let again = try SimulatedStore(state).open()
            let keys = try again.keyspace("s").keys().map {
                String(decoding: $0.key, as: UTF8.self)
            }
            #expect(keys == (0..<keys.count).map { "\($0)" })
            counts.insert(keys.count)
            try again.close()
        }
        #expect(counts.contains(0) && counts.contains(6) && counts.count > 3)
        try store.close()
    }

    /// Goal: a batch that was torn at any sector, with junk or nothing in its place, is not there at
    /// all; the batch before it is.
    @Test func `FM04 a torn batch is absent as a whole`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let (left, right) = (try store.keyspace("left"), try store.keyspace("right"))
        try left.put("before", [1])
        var batch = WriteBatch()
        batch.put("torn", noise(1200), in: left)
        batch.put("torn", noise(900, seed: 2), in: right)
        try store.commit(batch, durability: .buffered).waitUntilAcknowledged()
        var found: Set<Bool> = []
        for state in world.disk.crashStates(seed: 4) {
            let again = try SimulatedStore(state).open()
            #expect(try again.keyspace("left").get("before") == [1])
            let value = try again.keyspace("left").get("torn")
            #expect(value == nil || value == noise(1200))
            #expect(
                try again.keyspace("right").get("torn") == value.map { _ in noise(900, seed: 2) })
            found.insert(value != nil)
            try again.close()
        }
        #expect(found == [true, false])
        try store.close()
    }

    @Test func `FM05 zeros are never a header, a frame, a record or a manifest`() {
        let zeros = [UInt8](repeating: 0, count: 4096)
        let segment = CraftedStore.identity
        #expect(SegmentHeader.decode(zeros) == .failure(.magic))
        #expect(Manifest.decode(zeros) == .failure(.magic))
        #expect(FrameHeader.decode(zeros, from: 0, in: segment, at: 4096) == nil)
        var reader = ByteReader(zeros)
        #expect(Record.decode(&reader, in: segment, at: 4160) == nil)
    }

    @Test func `FM05 a file that has grown without data is a store without a tail`() throws {
        var files = try SimulatedStore.people(closed: false)
        files[SimulatedStore.log]?.append(contentsOf: [UInt8](repeating: 0, count: 10_000))
        let store = try SimulatedStore(files: files).open()
        #expect(try store.keyspace("people").get("ada") == bytes("countess"))
        #expect(store.droppedByteCount == 0)
    }

    /// Goal: lengths and bytes that reach the platter apart from each other, in any file, leave a store
    /// that opens: while it is being founded, and while it rolls over.
    /// Method: at each change of a founding and of a roll-over, every kind of disk that could be left.
    @Test func `FM06 data without its length, or a length without data, was never acknowledged`()
        throws
    {
        try Self.atEachChange { world, told, context in
            for state in world.disk.crashStates(seed: 6, randomCount: 4) {
                try Self.expect(told, in: state, context)
            }
        }
    }

    /// Goal: what was acknowledged is in files whose names are durable.
    /// Method: after each change, all that was not synced is lost, names above all.
    @Test func `FM07 a commit is acknowledged only in a segment whose name is durable`() throws {
        try Self.atEachChange { world, told, context in
            try Self.expect(told, in: world.disk.afterPowerCut(.losesEverything), context)
        }
    }

    /// Goal: there is one whole manifest at every moment, whatever the rename and the bytes do.
    @Test func `FM08 a crash leaves the old manifest or the new one`() throws {
        var isFounded = false
        try Self.atEachChange { world, told, context in
            for state in world.disk.crashStates(seed: 8, randomCount: 4) {
                guard let bytes = state.files[SimulatedStore.manifest] else {
                    #expect(told == 0, "\(context): there is no manifest")
                    continue
                }
                #expect(throws: Never.self, "\(context)") { try Manifest.decode(bytes).get() }
                isFounded = true
            }
        }
        #expect(isFounded)
    }

    @Test func `FM08 what an interrupted change of the manifest left is replaced`() throws {
        var files = try SimulatedStore.people(closed: true)
        files["/disk/store/MANIFEST.new"] = [1, 2, 3]
        let world = SimulatedStore(files: files)
        try world.open().close()
        #expect(world.files["/disk/store/MANIFEST.new"] == nil)
    }

    @Test func `FM09 what an interrupted roll-over left is replaced`() throws {
        for leftover in [[], [UInt8](repeating: 0, count: 8192), noise(5000)] {
            var files = try SimulatedStore.people(closed: true)
            files[SimulatedStore.thirdLog] = leftover
            let world = SimulatedStore(files: files)
            let store = try world.open()
            let space = try store.keyspace("people")
            #expect(try space.get("ada") == bytes("countess"))
            for seed in 0..<12 as Range<UInt64> { try space.put("k", noise(900, seed: seed)) }
            try store.close()
            #expect(world.files[SimulatedStore.thirdLog]?.count ?? 0 > 6000)
            #expect(try world.open().keyspace("people").get("k") == noise(900, seed: 11))
        }
    }

    /// Goal: whatever had been decided in memory about the next segments, a kill leaves a log that goes
    /// on without a gap.
    /// Method: commits that need not be written roll over; the segment behind the next one is made too;
    /// then the process dies before a byte of it has reached the disk.
    @Test func `FM01 a kill between a roll-over and its first byte leaves no gap`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        for number in 0..<5 as Range<UInt64> {
            try space.put("early \(number)", noise(900, seed: number), durability: .memory)
            world.settle()
        }
        #expect(world.files[Self.log(3)] != nil)
        var disk = world.disk.afterKill()
        for life in 0..<3 as Range<UInt64> {
            let again = try SimulatedStore(disk).open()
            let space = try again.keyspace("s")
            for seed in 0..<5 as Range<UInt64> { try space.put("k", noise(900, seed: seed + life)) }
            #expect(try space.get("k") == noise(900, seed: 4 + life))
            disk = disk.afterPowerCut(.losesEverything)
            let left = try SimulatedStore(disk.afterKill()).open()
            #expect(try left.keyspace("s").get("k") == noise(900, seed: 4 + life))
            try left.close()
            try again.close()
        }
        try store.close()
    }

    /// Goal: what is served after a kill is on the platter, also what lies in a segment that was sealed
    /// but not yet synced.
    @Test func `FM02 what an open serves after a kill survives a power cut`() throws {
        var changes = 0
        while true {
            let world = SimulatedStore()
            world.disk.cutPower(afterChanges: changes)
            if let store = try? world.open(), let space = try? store.keyspace("s") {
                for number in 1...4 {
                    try? space.put("n", Self.value(number), durability: .buffered)
                }
            }
            let disk = world.disk.afterKill()
            let store = try SimulatedStore(disk).open()
            let served = try store.keyspace("s").get("n")
            let left = try SimulatedStore(disk.afterPowerCut(.losesEverything)).open()
            #expect(try left.keyspace("s").get("n") == served, "change \(changes)")
            try left.close()
            try store.close()
            if world.disk.hasPower { break }
            changes += 1
        }
    }

    private static func log(_ number: UInt64) -> String {
        SimulatedStore.path + "/" + SegmentIdentity.fileName(of: number)
    }

    /// Founds a store and fills it past its first roll-over, once for each change of the disk, with the
    /// power going after that change. `look` sees the disk and the newest number that was acknowledged.
    private static func atEachChange(
        _ look: (SimulatedStore, Int, String) throws -> Void
    ) throws {
        var changes = 0
        while true {
            let world = SimulatedStore()
            var told = 0
            world.disk.cutPower(afterChanges: changes)
            if let store = try? world.open(), let space = try? store.keyspace("s") {
                for number in 1...4 where (try? space.put("n", value(number))) != nil {
                    told = number
                }
            }
            try look(world, told, "change \(changes)")
            guard !world.disk.hasPower else { break }
            changes += 1
        }
        #expect(changes > 20)
    }

    private static func value(_ number: Int) -> [UInt8] { [UInt8(number)] + noise(1300) }

    private static func expect(
        _ told: Int, in state: SimulatedFileSystem, _ context: String
    ) throws {
        let store: Store
        do { store = try SimulatedStore(state).open() } catch {
            Issue.record("\(context): cannot open: \(error)")
            return
        }
        let found = try store.keyspace("s").get("n")
        #expect(Int(found?.first ?? 0) >= told, "\(context)")
        #expect(found == nil || found == value(Int(found?.first ?? 0)), "\(context)")
        try store.close()
    }
}
