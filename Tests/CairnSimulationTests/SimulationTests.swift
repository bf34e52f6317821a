import CairnObjects
import CairnSimulation
import Testing

@Suite("Simulation") struct SimulationTests {
    private static func digest(seed: UInt64) throws -> (UInt64, [Int]) {
        let simulation = Simulation(seed: seed)
        var told: [Int] = []
        for _ in 0..<3 {
            told += try simulation.crash(telling: Int.self) { process, ledger in
                let counters = try process.objects.namespace(uniqueKey: "c", of: Counter.self) {
                    _ in
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for name in ["a", "b", "c"] {
                        group.addTask {
                            while true {
                                ledger.tell(
                                    try await counters.getByName(name).call { try $0.increment() })
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        return (simulation.trace.digest, told)
    }

    @Test func `the same seed gives the same run, another seed another`() throws {
        let runs = try (0..<3).map { _ in try Self.digest(seed: 7) }
        #expect(runs[0] == runs[1] && runs[1] == runs[2])
        #expect(!runs[0].1.isEmpty)
        #expect(try Self.digest(seed: 8).0 != runs[0].0)
    }

    @Test func `what everybody waits for is an error that names the seed`() throws {
        let simulation = Simulation(seed: 3)
        #expect(throws: SimulationError.standsStill(seed: 3)) {
            try simulation.run {
                let (stream, continuation) = AsyncStream<Int>.makeStream()
                for await _ in stream {}
                continuation.finish()
            }
        }
    }

    @Test func `what a life throws while there is power is thrown`() throws {
        struct Mistake: Error {}
        #expect(throws: Mistake.self) {
            try Simulation(seed: 4).crash(telling: Int.self) { _, _ in throw Mistake() }
        }
    }

    @Test func `a life that waits for ever is an error even while the runtime sweeps`() throws {
        let simulation = Simulation(seed: 5)
        #expect(throws: SimulationError.standsStill(seed: 5)) {
            try simulation.crash(telling: Int.self, withinChanges: 100_000) { process, _ in
                let counters = try process.objects.namespace(uniqueKey: "c", of: Counter.self) {
                    _ in
                }
                _ = try await counters.getByName("a").call { try $0.increment() }
                let (stream, continuation) = AsyncStream<Int>.makeStream()
                for await _ in stream {}
                continuation.finish()
            }
        }
    }

    @Test func `a life that only reads is cut off, one that never ends is an error`() throws {
        let simulation = Simulation(seed: 6, pieceCountMax: 10_000)
        try simulation.crash(telling: Int.self, withinChanges: 100_000) { process, _ in
            let counters = try process.objects.namespace(uniqueKey: "c", of: Counter.self) { _ in }
            while true { _ = try await counters.getByName("a").call { try $0.value() } }
        }
        #expect(throws: SimulationError.doesNotEnd(seed: 6)) {
            try simulation.crash(telling: Int.self, withinChanges: 100_000) { _, _ in
                while true { await simulation.scheduler.yield() }
            }
        }
    }

    @Test func `a recovery that failed leaves the store free for the next`() throws {
        struct Mistake: Error {}
        let simulation = Simulation(seed: 7)
        #expect(throws: Mistake.self) { try simulation.recover { _ in throw Mistake() } }
        try simulation.recover { _ in }
    }
}
