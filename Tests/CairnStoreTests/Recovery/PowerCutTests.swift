import CairnSimulation
import CairnStore
import Testing

/// What a sudden end leaves: rows 1 to 8 of Docs/FailureModel.md.
@Suite("Power cuts and kills") struct PowerCutTests {
    /// Goal: whatever is lost, torn or reordered, what was acknowledged as durable is there, every
    /// batch is whole or absent, and the store opens without help.
    /// Method: a scripted workload on a disk in memory; the power goes after each call that changes
    /// something; for each, several of the disks that could be left are opened and compared with
    /// the ledger of acknowledgements; then the store goes on there.
    @Test(arguments: 0..<2 as Range<UInt64>)
    func `FM02 a power cut at any call loses nothing acknowledged`(_ seed: UInt64) throws {
        let changes = try Self.atEachChange(seed) { workload, context in
            let cuts: [PowerCut] = [.losesEverything, .random(seed: seed)]
            for cut in cuts {
                try workload.check(
                    workload.world.disk.afterPowerCut(cut), atLeast: workload.durable,
                    "\(context), \(cut)")
            }
        }
        #expect(changes > 50)
    }

    /// Goal: a kill loses nothing that was handed to the operating system, at any level, wherever it
    /// comes; the tools can look at what is left.
    @Test func `FM01 a kill at any call loses nothing handed over`() throws {
        try Self.atEachChange(5) { workload, context in
            let left = workload.world.disk.afterKill()
            do throws(StoreError) {
                let report = try StoreVerifier.verify(
                    at: SimulatedStore.path, fileSystem: left)
                #expect(report.findings == [], "\(context)")
                try StoreDumper.dump(at: SimulatedStore.path, fileSystem: left) { _ in }
            } catch {
                // Killed before there was a store.
                #expect(error.kind == .missing, "\(context): \(error)")
                #expect(workload.submitted == 0, "\(context)")
            }
            try workload.check(left.afterKill(), atLeast: workload.handed, context)
        }
    }

    /// Goal: recovery may be interrupted as often as one likes and comes to the same end.
    /// Method: from a disk with a torn tail, each open is cut off one change later than the one before,
    /// and goes on from what that left.
    @Test(arguments: 0..<6 as Range<UInt64>)
    func `FM01 a recovery that is interrupted again and again comes to the same end`(
        _ seed: UInt64
    ) throws {
        let workload = Workload(seed: seed)
        workload.world.disk.cutPower(afterChanges: 30 + Int(seed) * 7)
        workload.perform()
        var disk = workload.world.disk.afterPowerCut(.random(seed: seed))
        for changes in 0..<20 {
            disk.cutPower(afterChanges: changes)
            if let store = try? SimulatedStore(disk).open() { try? store.close() }
            disk = changes % 2 == 0 ? disk.afterKill() : disk.afterPowerCut(.random(seed: seed))
        }
        try workload.check(disk, atLeast: workload.durable, "seed \(seed)")
    }

    /// Runs the workload once for each change it makes, with the power going after that change, and
    /// shows each to `look`. Returns how many there are.
    @discardableResult
    private static func atEachChange(
        _ seed: UInt64, _ look: (Workload, String) throws -> Void
    ) throws -> Int {
        var changes = 0
        while true {
            let workload = Workload(seed: seed)
            workload.world.disk.cutPower(afterChanges: changes)
            workload.perform()
            let isOver = workload.world.disk.hasPower
            try look(workload, "seed \(seed), change \(changes)")
            if isOver { return changes }
            changes += 1
        }
    }
}
