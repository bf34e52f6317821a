import CairnFiles
import CairnStore
import CairnTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Failures") struct FailureTests {
    @Test(arguments: [FileError.Operation.synchronize, .write])
    func `a failed write or sync poisons the store and is never tried again`(
        _ operation: FileError.Operation
    ) throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        try space.put("safe", [1])
        test.disk.failAll(operation)
        let lost = #expect(throws: StoreError.self) { try space.put("lost", [2]) }
        #expect(lost?.kind == .poisoned)
        #expect(lost?.cause?.operation == operation)
        let calls = test.disk.calls(of: operation)
        test.disk.setRule(nil)
        let refused = #expect(throws: StoreError.self) { try space.put("more", [3]) }
        #expect(refused?.kind == .poisoned)
        #expect(test.disk.calls(of: operation) == calls)
        // Durable data is still served; what may not be durable is not, not even its absence.
        #expect(try space.get("safe") == [1])
        #expect(throws: StoreError.self) { try space.get("lost") }
        #expect(throws: StoreError.self) { try space.get("never") }
        #expect(throws: StoreError.self) { try space.list() }
        #expect(store.failure?.kind == .poisoned)
        #expect(throws: StoreError.self) { try store.close() }

        let again = try test.open()
        #expect(try again.keyspace("s").get("safe") == [1])
        try again.keyspace("s").put("more", [3])
    }

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

    @Test func `a commit whose predecessor failed is not made`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        var batch = WriteBatch()
        batch.put("a", [1], in: space)
        test.disk.failAll(.synchronize)
        let first = try store.commit(batch)
        #expect(throws: StoreError.self) { try first.waitUntilDurable() }
        let error = #expect(throws: StoreError.self) { try store.commit(batch, after: first) }
        #expect(error?.kind == .predecessorFailed)
    }

    @Test func `a full disk refuses puts, admits deletes, and heals by itself`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        test.disk.failAll(.preallocate, with: ENOSPC)
        var written = 0
        var refusal: StoreError?
        while refusal == nil {
            do throws(StoreError) {
                try space.put("key \(written)", noise(1000), durability: .buffered)
                written += 1
            } catch { refusal = error }
        }
        #expect(refusal?.kind == .noSpace)
        #expect(store.failure == nil)
        #expect(try space.get("key \(written)") == nil)
        try space.delete("key 0")
        #expect(try space.get("key 0") == nil)
        #expect(try space.get("key 1") == noise(1000))
        test.disk.setRule(nil)
        try space.put("key \(written)", noise(1000))
        try store.close()
        let again = try test.open().keyspace("s")
        #expect(try again.keys().count == written)
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

    @Test func `a read that the disk refuses throws and the next one works`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        try space.put("k", [1])
        test.disk.failAll(.read)
        let error = #expect(throws: StoreError.self) { try space.get("k") }
        #expect(error?.kind == .inputOutput)
        #expect(error?.cause?.operation == .read)
        test.disk.setRule(nil)
        #expect(try space.get("k") == [1])
    }

    @Test func `short and interrupted calls change nothing`() throws {
        let test = try TestStore()
        test.disk.limitCalls(to: 100)
        let interruptions = Interruptions(0)
        test.disk.setRule { operation, _ in
            [.read, .write, .open].contains(operation) ? interruptions.next() : nil
        }
        interruptions.reset(20)
        let store = try test.open()
        let space = try store.keyspace("s")
        for index in 0..<20 {
            interruptions.reset(3)
            try space.put("key \(index)", noise(2000, seed: UInt64(index)))
            #expect(try space.get("key \(index)") == noise(2000, seed: UInt64(index)))
        }
    }

    @Test func `a directory in use is refused with the holder's process id`() throws {
        let test = try TestStore()
        let store = try test.open()
        let error = #expect(throws: StoreError.self) { try test.open() }
        #expect(error?.kind == .locked)
        #expect(error?.message.contains("process \(getpid())") == true)
        try store.close()
        _ = try test.open()
    }

    @Test func `a file where the directory should be is refused`() throws {
        let directory = try TemporaryDirectory()
        try directory.write([], to: "file")
        let error = #expect(throws: StoreError.self) {
            try Store.open(at: directory.path + "/file")
        }
        #expect(error?.kind == .notADirectory)
    }

    @Test func `a directory that may not be written is refused`() throws {
        let test = try TestStore()
        test.disk.failAll(.open, with: EACCES)
        let error = #expect(throws: StoreError.self) { try test.open() }
        #expect(error?.kind == .permission)
        #expect(
            error?.message.contains("LOCK") == true || error?.cause?.path.contains("LOCK") == true)
    }

    @Test func `settings out of range are refused with the range`() throws {
        var test = try TestStore()
        test.settings.segmentByteCount = 1000
        let error = #expect(throws: StoreError.self) { try test.open() }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("8192...1073741824") == true)
    }

    @Test func `an owner with an older epoch is refused`() throws {
        var test = try TestStore()
        test.settings.epoch = 7
        try test.open().close()
        test.settings.epoch = 6
        let error = #expect(throws: StoreError.self) { try test.open() }
        #expect(error?.kind == .locked)
        test.settings.epoch = 8
        try test.open().close()
    }
}
