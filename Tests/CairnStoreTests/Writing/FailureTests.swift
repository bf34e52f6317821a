import CairnFiles
import CairnStore
import CairnTestSupport
import Testing

/// Failures beyond the rows of Docs/FailureModel.md, and those that need real threads.
@Suite("Failures") struct FailureTests {
    @Test func `everybody who waits for a failed sync is told, and nobody else`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        var batch = WriteBatch()
        batch.put("a", [1], in: space)
        let early = try store.commit(batch)
        try early.waitUntilDurable()
        test.disk.holdSyncs()
        let tickets = try (0..<5).map { _ in try store.commit(batch) }
        test.disk.waitForHeldSync()
        test.disk.failAll(.synchronize)
        test.disk.releaseSyncs()
        for ticket in tickets {
            let error = #expect(throws: StoreError.self) { try ticket.waitUntilDurable() }
            #expect(error?.kind == .poisoned)
        }
        try early.waitUntilDurable()
    }

    @Test func `a manifest that cannot be renamed poisons the store`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        test.disk.failAll(.rename)
        var failure: StoreError?
        for index in 0..<200 where failure == nil {
            do throws(StoreError) {
                try space.put("key \(index)", noise(1000), durability: .buffered)
            } catch { failure = error }
        }
        #expect(failure?.kind == .poisoned)
    }

    @Test func `settings out of range are refused with the range`() throws {
        var test = try TestStore()
        test.settings.segmentByteCount = 1000
        let error = #expect(throws: StoreError.self) { try test.open() }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("8192...1073741824") == true)
    }
}
