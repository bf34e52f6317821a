import CairnObjects
import CairnSimulation
import Testing

/// The example of Docs/Testing.md: a user's own object, crash-tested in twenty lines.
actor Counter: DurableObject {
    let state: DurableObjectState
    init(state: DurableObjectState, env: Void) { self.state = state }

    func value() throws -> Int { try state.storage.get("count", as: Int.self) ?? 0 }

    func increment() throws -> Int {
        let next = try value() + 1
        try state.storage.put("count", next)
        return next
    }
}

@Test(arguments: 0..<100 as Range<UInt64>)
func `a counter never forgets what it has told`(_ seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    let told = try simulation.crash(telling: Int.self) { process, ledger in
        let counters = try process.objects.namespace(uniqueKey: "c", of: Counter.self) { _ in }
        while true { ledger.tell(try await counters.getByName("a").call { try $0.increment() }) }
    }
    let found = try simulation.recover { process in
        let counters = try process.objects.namespace(uniqueKey: "c", of: Counter.self) { _ in }
        return try await counters.getByName("a").call { try $0.value() }
    }
    #expect(found >= told.last ?? 0, "seed \(seed)")
}
