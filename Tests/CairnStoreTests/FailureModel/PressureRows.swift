import CairnFiles
import CairnPlatform
import CairnSimulation
import CairnTestSupport
import Testing

@testable import CairnStore

/// A disk that is slow: row 32 of Docs/FailureModel.md.
@Suite("Failure model: pressure") struct PressureRows {
    /// Goal: nothing is acknowledged before its sync returns, however long that takes, and writers wait
    /// instead of filling memory.
    /// Method: a sync that hangs; a thread that commits until it is made to wait; then the sync returns.
    @Test func `FM32 a slow sync makes writers wait, bounds memory, and acknowledges nothing`()
        throws
    {
        var settings = StoreSettings()
        settings.segmentByteCount = 1 << 20
        settings.pendingByteCountMax = 16 << 10
        let disk = FaultyFileSystem(over: SimulatedFileSystem())
        let store = try Store.open(
            at: SimulatedStore.path, settings: settings,
            components: StoreComponents(fileSystem: disk))
        let space = try store.keyspace("s")
        disk.holdSyncs()
        let tickets = Locked<[CommitTicket]>([])
        let writer = DedicatedThread(name: "writer") {
            for index in 0..<100 {
                var batch = WriteBatch()
                batch.put("\(index)", noise(1000), in: space)
                guard let ticket = try? store.commit(batch) else { return }
                tickets.withLock { $0.append(ticket) }
            }
        }
        disk.waitForHeldSync()
        let limit = settings.pendingByteCountMax
        while store.log.state.withLock({ $0.pendingByteCount }) < limit { yieldThread() }
        for _ in 0..<1000 { yieldThread() }
        #expect(store.log.state.withLock { $0.pendingByteCount } <= limit + 2000)
        let soFar = tickets.withLock { $0 }
        #expect(soFar.count < 100)
        #expect(!soFar.contains { $0.isDurable })
        #expect(try space.get("0") == noise(1000))
        disk.releaseSyncs()
        writer.join()
        let all = tickets.withLock { $0 }
        #expect(all.count == 100)
        for ticket in all { try ticket.waitUntilDurable() }
        try store.close()
    }

    /// Goal: an acknowledgement never comes before the sync it is about.
    /// Method: at every call of a run, nothing that was told as durable may be lost by a power cut.
    @Test func `FM32 no acknowledgement comes before its sync`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        for number in 0..<10 as Range<UInt8> {
            var batch = WriteBatch()
            batch.put("n", [number], in: space)
            let ticket = try store.commit(batch)
            #expect(!ticket.isDurable)
            while !ticket.isDurable { #expect(world.scheduler.runOne()) }
            let left = try SimulatedStore(world.disk.afterPowerCut(.losesEverything)).open()
            #expect(try left.keyspace("s").get("n") == [number])
            try left.close()
        }
        try store.close()
    }
}
