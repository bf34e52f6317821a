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
}
