import CairnFiles
import CairnSimulation
import CairnStore
import Testing

/// A disk that is full, and descriptors that have run out: rows 10 and 26 of Docs/FailureModel.md.
@Suite("Failure model: exhaustion") struct DiskFullRows {
    /// Goal: a full disk refuses puts, before anything of them is visible, and nothing else; it heals
    /// without a reopen.
    /// Method: a disk of so many bytes, nothing injected.
    @Test func `FM10 a full disk refuses puts, admits deletes, and heals by itself`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        // Room for the log that is there, and for a manifest, but for no other segment.
        world.disk.setCapacity(world.disk.files.values.reduce(400) { $0 + $1.count })
        let (written, refusal) = Self.fill(space)
        #expect(refusal.kind == .noSpace)
        #expect(refusal.cause?.isOutOfSpace == true)
        #expect(written > 0)
        #expect(store.failure == nil)
        #expect(try space.get("key \(written)") == nil)
        #expect(throws: StoreError.self) { try space.put("again", noise(600)) }
        try space.delete("key 0")
        #expect(try space.get("key 0") == nil)
        #expect(try space.get("key 1") == noise(600, seed: 1))

        world.disk.setCapacity(.max)
        try space.put("key \(written)", noise(600))
        try store.close()
        let again = try world.open().keyspace("s")
        #expect(try again.keys().count == written)
    }

    @Test func `FM10 an open that finds no room says so and works once there is some`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        try store.keyspace("s").put("k", [1])
        try store.close()
        // A close gave the reserved space back, and somebody else has taken it.
        world.disk.setCapacity(world.disk.files.values.reduce(0) { $0 + $1.count })
        let error = #expect(throws: StoreError.self) { try world.open() }
        #expect(error?.kind == .noSpace)
        world.disk.setCapacity(.max)
        #expect(try world.open().keyspace("s").get("k") == [1])
    }

    /// Goal: no space, at any one call, loses nothing acknowledged; where nothing can have been written
    /// by halves, the store does not even need a reopen.
    @Test func `FM10 no space at any call loses nothing acknowledged`() throws {
        try Workload.sweep(.noSpace) { workload, call in
            // A write into space that is reserved, and a sync, cannot run out of it on a healthy disk:
            // if they do, what is on it is unknown.
            if ![.write, .synchronize].contains(call.operation) {
                #expect(!workload.errors.contains { $0.kind == .poisoned }, "\(call)")
            }
            #expect(!workload.errors.contains { $0.kind == .corrupt }, "\(call)")
            try Self.expectAcknowledged(workload, "\(call)")
        }
    }

    @Test func `FM26 an open that runs out of descriptors is refused and works later`() throws {
        let files = try SimulatedStore.people(closed: true)
        var refused = 0
        for limit in 0..<8 {
            let world = SimulatedStore(files: files)
            world.disk.setOpenFileLimit(limit)
            do throws(StoreError) { try world.open().close() } catch {
                #expect(error.kind == .inputOutput)
                #expect(error.cause?.operation == .open)
                refused += 1
            }
            world.disk.setOpenFileLimit(.max)
            let store = try world.open()
            #expect(try store.keyspace("people").get("ada") == bytes("countess"))
            try store.close()
        }
        #expect(refused > 1)
    }

    /// Goal: descriptors run out in servers that are busy, and come back. A commit that needs the next
    /// segment just then is refused; the store is not given up for it.
    @Test func `FM26 a roll-over without descriptors refuses commits and heals by itself`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        world.disk.setOpenFileLimit(0)
        let (written, refusal) = Self.fill(space)
        #expect(refusal.kind == .inputOutput)
        #expect(refusal.cause?.operation == .open)
        #expect(store.failure == nil)
        #expect(try space.get("key 0") == noise(600))
        try space.delete("key 0")
        world.disk.setOpenFileLimit(.max)
        try space.put("key \(written)", noise(600))
        try store.close()
        #expect(try world.open().keyspace("s").keys().count == written)
    }

    @Test func `FM26 too many open files at any call loses nothing acknowledged`() throws {
        try Workload.sweep(.tooManyFiles) { workload, call in
            try Self.expectAcknowledged(workload, "\(call)")
        }
    }

    /// Puts until one is refused.
    private static func fill(_ space: Keyspace) -> (written: Int, refusal: StoreError) {
        var written = 0
        while true {
            do throws(StoreError) {
                try space.put(
                    "key \(written)", noise(600, seed: UInt64(max(1, written))),
                    durability: .buffered)
                written += 1
            } catch { return (written, error) }
        }
    }

    private static func expectAcknowledged(_ workload: Workload, _ context: String) throws {
        let disk = workload.world.disk
        try workload.check(disk.afterKill(), atLeast: workload.durable, context)
        try workload.check(
            disk.afterPowerCut(.losesEverything), atLeast: workload.durable, context)
    }
}
