import CairnFiles
import CairnSimulation
import CairnStore
import Testing

/// Batches over two keyspaces that must come back together, and the ledger of what was promised.
///
/// Two lives of a store: open, batches of either durability, a roll-over or two, a drop, close.
final class Workload {
    let world: SimulatedStore
    /// The newest generation acknowledged as durable.
    private(set) var durable = 0
    /// The newest generation acknowledged at any level: a kill must not take it back.
    private(set) var handed = 0
    /// The newest generation that a commit has made visible.
    private(set) var submitted = 0
    /// Everything that was refused on the way.
    private(set) var errors: [StoreError] = []
    private var random: SeededRandom

    init(seed: UInt64) {
        world = SimulatedStore(seed: seed)
        random = SeededRandom(seed: seed)
    }

    /// Lives twice, as far as the disk lets it.
    func perform() {
        for _ in 0..<2 {
            do throws(StoreError) {
                let store = try world.open()
                handed = max(handed, try Self.generation(store))
                durable = max(durable, handed)
                for _ in 0..<8 { step(store) }
                try store.close()
                durable = submitted
                handed = submitted
            } catch { errors.append(error) }
        }
    }

    private func step(_ store: Store) {
        do throws(StoreError) {
            let generation = submitted + 1
            let (left, right) = (try store.keyspace("left"), try store.keyspace("right"))
            var batch = WriteBatch()
            if generation % 7 == 0 { batch.drop(left) }
            batch.put("generation", bytes("\(generation)"), in: left)
            batch.put("generation", bytes("\(generation)"), in: right)
            batch.put("filler", noise(random.below(1500), seed: UInt64(generation)), in: left)
            let isDurable = random.oneIn(2)
            let ticket = try store.commit(batch, durability: isDurable ? .durable : .buffered)
            submitted = generation
            try ticket.waitUntilAcknowledged()
            handed = generation
            if isDurable { durable = generation }
        } catch { errors.append(error) }
    }

    private static func generation(_ store: Store) throws(StoreError) -> Int {
        let value = try store.keyspace("left").get("generation")
        return value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    }

    /// Opens what is left, looks for everything up to `floor`, whole batches only, and goes on: another
    /// cut, which loses all that is not synced, must lose nothing that has been served.
    func check(
        _ image: SimulatedFileSystem, atLeast floor: Int, _ context: String
    ) throws {
        let world = SimulatedStore(image)
        let store: Store
        do { store = try world.open() } catch {
            Issue.record("\(context): cannot open: \(error)")
            return
        }
        let (left, right) = (try store.keyspace("left"), try store.keyspace("right"))
        let found = try Self.generation(store)
        #expect(found >= floor && found <= submitted, "\(context)")
        #expect(try left.get("generation") == right.get("generation"), "\(context): half a batch")
        #expect(try (left.get("filler") != nil) == (found > 0), "\(context): half a batch")
        try left.put("after", bytes(context))
        let again: Store
        do { again = try SimulatedStore(image.afterPowerCut(.losesEverything)).open() } catch {
            Issue.record("\(context): cannot open after a second cut: \(error)")
            return
        }
        #expect(try again.keyspace("left").get("after") == bytes(context), "\(context)")
        #expect(try Self.generation(again) == found, "\(context): served, then gone")
        try again.close()
        try store.close()
    }

    /// Runs a workload once for each call that can meet `fault`, which that call alone does, and shows
    /// each to `look` with the call.
    static func sweep(
        _ fault: DiskFault, of operations: Set<FileError.Operation> = Set(allOperations),
        seed: UInt64 = 1, _ look: (Workload, DiskCall) throws -> Void
    ) rethrows {
        let rehearsal = Workload(seed: seed)
        rehearsal.world.disk.startRecording()
        rehearsal.perform()
        let calls = rehearsal.world.disk.recordedCalls.filter {
            fault.applies(to: $0.operation) && operations.contains($0.operation)
        }
        #expect(rehearsal.errors.isEmpty)
        #expect(!calls.isEmpty)
        for call in calls {
            let workload = Workload(seed: seed)
            workload.world.disk.setFaults { $0.index == call.index ? fault : nil }
            workload.perform()
            workload.world.disk.setFaults(nil)
            try look(workload, call)
        }
    }

    private static let allOperations: [FileError.Operation] = [
        .open, .close, .read, .write, .synchronize, .status, .truncate, .preallocate, .lock, .list,
        .createDirectory, .rename, .remove, .synchronizeDirectory,
    ]
}
