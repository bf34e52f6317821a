import CairnFiles
import CairnSimulation
import CairnTestSupport
import Testing

@testable import CairnStore

/// Calls that fail or do half: rows 11 to 14 of Docs/FailureModel.md.
@Suite("Failure model: failed calls") struct FailedCallRows {
    @Test func `FM11 a failed write at any call loses nothing acknowledged`() throws {
        try Workload.sweep(.inputOutput, of: [.write, .truncate, .preallocate]) { workload, call in
            #expect(!workload.errors.isEmpty, "\(call)")
            try Self.expectAcknowledged(workload, "\(call)")
        }
    }

    @Test(arguments: [FileError.Operation.write, .synchronize])
    func `FM11 FM12 a failed write or sync poisons the store and is never tried again`(
        _ operation: FileError.Operation
    ) throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        try space.put("safe", [1])
        world.disk.setFaults { $0.operation == operation ? .inputOutput : nil }
        let lost = #expect(throws: StoreError.self) { try space.put("lost", [2]) }
        #expect(lost?.kind == .poisoned)
        #expect(lost?.cause?.operation == operation)
        world.disk.setFaults(nil)
        world.disk.startRecording()
        let refused = #expect(throws: StoreError.self) { try space.put("more", [3]) }
        #expect(refused?.kind == .poisoned)
        #expect(store.failure?.kind == .poisoned)
        // Durable data is still served; what may not be durable is not, not even its absence.
        #expect(try space.get("safe") == [1])
        #expect(throws: StoreError.self) { try space.get("lost") }
        #expect(throws: StoreError.self) { try space.get("never") }
        #expect(throws: StoreError.self) { try space.list() }
        let closing = #expect(throws: StoreError.self) { try store.close() }
        #expect(closing?.kind == .poisoned)
        #expect(
            !world.disk.recordedCalls.contains { $0.operation == operation },
            "\(world.disk.recordedCalls)")

        let again = try world.open()
        #expect(try again.keyspace("s").get("safe") == [1])
        try again.keyspace("s").put("more", [3])
    }

    /// Goal: everybody whose commit the failed sync carried is told, nobody else is; after a reopen
    /// each of these commits is there as a whole or not at all, and so are those before it.
    /// Method: five batches in one sync that fails and leaves a part of them, another one each time.
    @Test(arguments: 0..<24 as Range<UInt64>)
    func `FM12 a failed sync tells everybody who waits for it`(_ seed: UInt64) throws {
        let world = SimulatedStore(seed: seed)
        let store = try world.open()
        let (left, right) = (try store.keyspace("left"), try store.keyspace("right"))
        func commit(_ number: UInt64) throws -> CommitTicket {
            var batch = WriteBatch()
            batch.put("\(number)", noise(200, seed: number), in: left)
            batch.put("\(number)", noise(200, seed: number), in: right)
            return try store.commit(batch)
        }
        let early = try commit(9)
        try early.waitUntilDurable()
        let tickets = try (0..<5).map(commit)
        world.disk.setFailedSyncKeeps(.random(seed: seed))
        world.disk.setFaults { $0.operation == .synchronize ? .inputOutput : nil }
        for ticket in tickets {
            let error = #expect(throws: StoreError.self) { try ticket.waitUntilDurable() }
            #expect(error?.kind == .poisoned)
            #expect(!ticket.isDurable)
        }
        try early.waitUntilDurable()
        world.disk.setFaults(nil)
        for disk in [world.disk.afterKill(), world.disk.afterPowerCut(.random(seed: seed))] {
            let again = try SimulatedStore(disk).open()
            let spaces = (try again.keyspace("left"), try again.keyspace("right"))
            #expect(try spaces.0.get("9") == noise(200, seed: 9))
            var isThere = true
            for number in 0..<5 as Range<UInt64> {
                let value = try spaces.0.get("\(number)")
                #expect(value == nil || value == noise(200, seed: number))
                #expect(try spaces.1.get("\(number)") == value)
                #expect(isThere || value == nil, "a commit without the one before it")
                isThere = value != nil
            }
            try again.close()
        }
    }

    @Test func `FM12 a failed sync at any call loses nothing acknowledged`() throws {
        try Workload.sweep(.inputOutput, of: [.synchronize, .synchronizeDirectory]) {
            workload, call in
            #expect(!workload.errors.isEmpty, "\(call)")
            try Self.expectAcknowledged(workload, "\(call)")
        }
    }

    /// Goal: what an open serves is on the platter, though the kernel holds for clean what a failed
    /// sync never wrote.
    /// Method: a sync fails, the same kernel opens the store again, then the power goes.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `FM12 what is served after a failed sync and a reopen survives a power cut`(
        _ seed: UInt64
    ) throws {
        let world = SimulatedStore(seed: seed)
        let store = try world.open()
        let space = try store.keyspace("s")
        try space.put("safe", [1])
        if seed > 0 { world.disk.setFailedSyncKeeps(.random(seed: seed)) }
        world.disk.setFaults { $0.operation == .synchronize ? .inputOutput : nil }
        #expect(throws: StoreError.self) { try space.put("unknown", noise(700)) }
        world.disk.setFaults(nil)
        _ = try? store.close()
        let again = try world.open()
        let served = try again.keyspace("s").list()
        let left = try SimulatedStore(world.disk.afterPowerCut(.losesEverything)).open()
        #expect(try left.keyspace("s").list() == served)
        #expect(try left.keyspace("s").get("safe") == [1])
        try left.close()
        try again.close()
    }

    @Test func `FM12 a commit whose predecessor failed is not made`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        var batch = WriteBatch()
        batch.put("a", [1], in: try store.keyspace("s"))
        world.disk.setFaults { $0.operation == .synchronize ? .inputOutput : nil }
        let first = try store.commit(batch)
        #expect(throws: StoreError.self) { try first.waitUntilDurable() }
        let error = #expect(throws: StoreError.self) { try store.commit(batch, after: first) }
        #expect(error?.kind == .predecessorFailed)
    }

    @Test func `FM13 a read that the disk refuses throws, others go on, and it works again`() throws
    {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        try space.put("k", [1])
        var batch = WriteBatch()
        batch.put("in memory", [2], in: space)
        let ticket = try store.commit(batch)
        world.disk.setFaults { $0.operation == .read ? .inputOutput : nil }
        let error = #expect(throws: StoreError.self) { try space.get("k") }
        #expect(error?.kind == .inputOutput)
        #expect(error?.cause?.operation == .read)
        #expect(error?.message.contains(SimulatedStore.log) == true)
        #expect(throws: StoreError.self) { try space.list() }
        #expect(try space.get("in memory") == [2])
        #expect(try space.get("never") == nil)
        try ticket.waitUntilDurable()
        world.disk.setFaults(nil)
        #expect(try space.get("k") == [1])
        #expect(store.failure == nil)
    }

    /// Goal: what cannot be read is not taken for missing, damaged or foreign, and nothing is changed
    /// on the strength of it.
    /// Method: each call that looks, in turn, fails: at an open, in a verification, in a dump.
    @Test(arguments: ["open", "verify", "dump"])
    func `FM13 what cannot be read at an open is neither missing nor damaged`(
        _ door: String
    ) throws {
        var files = try SimulatedStore.people(closed: true)
        files[SimulatedStore.thirdLog] = []
        let looks: Set<FileError.Operation> = [.read, .status, .list]
        func enter(_ world: SimulatedStore) throws(StoreError) {
            switch door {
            case "open": try world.open().close()
            case "verify":
                let report = try StoreVerifier.verify(
                    at: SimulatedStore.path, fileSystem: world.disk)
                #expect(report.findings == [])
            default: try StoreDumper.dump(at: SimulatedStore.path, fileSystem: world.disk) { _ in }
            }
        }
        let rehearsal = SimulatedStore(files: files)
        rehearsal.disk.startRecording()
        try enter(rehearsal)
        let calls = rehearsal.disk.recordedCalls.filter { looks.contains($0.operation) }
        #expect(calls.count > 5)
        for call in calls {
            let world = SimulatedStore(files: files)
            world.disk.setFaults { $0.index == call.index ? .inputOutput : nil }
            let error = #expect(throws: StoreError.self, "\(call)") { try enter(world) }
            #expect(error?.kind == .inputOutput, "\(call): \(String(describing: error))")
            world.disk.setFaults(nil)
            let store = try world.open()
            for (key, value) in SimulatedStore.people {
                #expect(try store.keyspace("people").get(key) == value, "\(call)")
            }
            try store.close()
        }
    }

    @Test func `FM14 short and interrupted calls change nothing`() throws {
        for fault in [DiskFault.short, .interrupted] {
            let workload = Workload(seed: 2)
            // Every other call that can meet it does.
            workload.world.disk.setFaults { $0.index % 2 == 0 ? fault : nil }
            workload.perform()
            #expect(workload.errors == [])
            #expect(workload.durable == 16)
            try workload.check(workload.world.disk.afterKill(), atLeast: 16, "\(fault)")
        }
    }

    @Test func `FM14 a write that takes nothing is an error, not an endless loop`() throws {
        let world = SimulatedStore()
        let disk = FaultyFileSystem(over: world.disk)
        let store = try world.open(through: disk)
        let space = try store.keyspace("s")
        try space.put("safe", [1])
        disk.limitCalls(to: 0)
        let error = #expect(throws: StoreError.self) { try space.put("lost", [2]) }
        #expect(error?.kind == .poisoned)
        #expect(error?.cause?.operation == .write)
        _ = try? store.close()
        #expect(try world.open().keyspace("s").get("safe") == [1])
    }

    private static func expectAcknowledged(_ workload: Workload, _ context: String) throws {
        let disk = workload.world.disk
        try workload.check(disk.afterKill(), atLeast: workload.durable, context)
        try workload.check(
            disk.afterPowerCut(.losesEverything), atLeast: workload.durable, context)
    }
}
