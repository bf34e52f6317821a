import CairnPlatform
import CairnSimulation
import CairnStore
import CairnTestSupport
import Testing

/// Clocks that jump: row 23 of Docs/FailureModel.md.
@Suite("Failure model: clocks") struct ClockRows {
    private static let tenYears: Int64 = 10 * 365 * 86_400_000

    @Test func `FM23 expiry goes by the wall clock, however it jumps`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        let now = world.clock.millisecondsSinceEpoch
        try space.put("hour", [1], expiry: now + 3_600_000)
        try space.put("for ever", [2])
        world.clock.jumpWall(byMilliseconds: Self.tenYears)
        #expect(try space.get("hour") == nil)
        #expect(try space.keys().map(\.key) == [bytes("for ever")])
        world.clock.jumpWall(byMilliseconds: -2 * Self.tenYears)
        #expect(try space.get("hour") == [1])
        #expect(try space.keys().count == 2)
        try store.close()
        #expect(try world.open().keyspace("s").get("hour") == [1])
    }

    /// Goal: the order of data and what a recovery makes of it never depend on the time of day.
    @Test func `FM23 order and recovery do not look at the clock`() throws {
        let world = SimulatedStore()
        var store = try world.open()
        var number: UInt64 = 0
        for jump in [0, Self.tenYears, -2 * Self.tenYears, Self.tenYears] {
            world.clock.jumpWall(byMilliseconds: jump)
            for _ in 0..<3 {
                number += 1
                try store.keyspace("s").put("k", noise(500, seed: number))
                #expect(store.lastSequence == CommitSequence(number))
            }
            if jump > 0 {
                try store.close()
                store = try world.open()
            }
            #expect(try store.keyspace("s").get("k") == noise(500, seed: number))
        }
        let left = SimulatedStore(world.disk.afterPowerCut(.losesEverything))
        left.clock.jumpWall(byMilliseconds: -3 * Self.tenYears)
        #expect(try left.open().keyspace("s").get("k") == noise(500, seed: number))
        try store.close()
    }

    @Test(arguments: [Int64.min, -1, 0, .max])
    func `FM23 a clock that says anything at all is written down and read back`(
        _ now: Int64
    ) throws {
        let world = SimulatedStore()
        let clock = ManualClock(now: now)
        let store = try world.open(at: clock)
        let space = try store.keyspace("s")
        try space.put("k", [1])
        #expect(try space.get("k") == [1])
        world.settle()
        let left = try SimulatedStore(world.disk.afterKill()).open()
        #expect(try left.keyspace("s").get("k") == [1])
        let report = try StoreVerifier.verify(
            at: SimulatedStore.path, fileSystem: world.disk.afterKill())
        #expect(report.findings == [])
        try store.close()
    }

    @Test(arguments: [Int64.min, -1, 0, 1])
    func `FM23 an expiry long ago is gone at once, and after a reopen`(_ expiry: Int64) throws {
        let world = SimulatedStore()
        var store = try world.open()
        for _ in 0..<2 {
            let space = try store.keyspace("s")
            try space.put("k", [1], expiry: expiry)
            #expect(try space.get("k") == nil)
            #expect(try space.keys() == [])
            try store.close()
            store = try world.open()
            #expect(try store.keyspace("s").get("k") == nil)
        }
    }
}
