import CairnObjects
import CairnPlatform
import CairnSimulation

/// One seed: a world that lives through some crashes and then comes to rest.
struct ObjectsShare {
    private let simulation: Simulation
    private let outside: Outside
    private let tally: Tally
    private let subjectCount: Int
    private let clientCount: Int
    private let operations: [Client.Operation]
    private let isRough: Bool
    private let hasTrouble: Bool
    private var random: SeededRandom

    init(seed: UInt64, _ tally: Tally) throws {
        // Nothing here takes longer than a critical section may.
        simulation = Simulation(seed: seed, timeMax: .seconds(3600))
        self.tally = tally
        var random = SeededRandom(seed: seed ^ 0x0B1E)
        subjectCount = 1 + random.below(4)
        clientCount = 2 + random.below(5)
        isRough = random.oneIn(2)
        hasTrouble = random.oneIn(2)
        // Each seed does some things often and others not at all: what hides in a crowd shows alone.
        let rough = isRough
        let all = Client.Operation.allCases.filter { !$0.isRough || rough }
        var chosen = all.filter { _ in random.below(3) > 0 }
        if chosen.isEmpty { chosen = all }
        operations = chosen
        outside = Outside(
            simulation, DiskReader(ids: try Self.ids(subjectCount)),
            checkOdds: [4, 32, 64, 128][random.below(4)])
        self.random = random
    }

    /// The subjects' ids, which depend on their names alone.
    private static func ids(_ count: Int) throws -> [DurableObjectID] {
        let world = Simulation(seed: 0)
        return try world.recover { process in
            let subjects = try process.objects.namespace(
                uniqueKey: Lab.uniqueKey, of: Subject.self
            ) { _ in throw SubjectError.noLab }
            return (0..<count).map { subjects.idFromName(Lab.name($0)) }
        }
    }

    /// Lives all lives.
    /// - Returns: the trace: the same for the same seed.
    /// - Throws: `BrokenPromise`.
    mutating func run() throws -> UInt64 {
        for _ in 0..<(2 + random.below(4)) {
            try live()
            try judge()
        }
        try rest()
        try judge()
        return simulation.trace.digest
    }

    private func judge() throws {
        if let violation = outside.violation { throw BrokenPromise(violation) }
    }

    /// Lives until the power goes, and looks at what is left.
    private mutating func live() throws {
        let options = LifeOptions(&random, isRough: isRough, hasTrouble: hasTrouble)
        let (trouble, clients, count) = (random.split(), random.split(), 10 + random.below(60))
        let (simulation, outside) = (simulation, outside)
        let (subjectCount, clientCount, operations) = (subjectCount, clientCount, operations)
        let ended = counter()
        outside.beginLife()
        let before = simulation.disk
        try simulation.crash(
            telling: Never.self, withinChanges: 1200, storeSettings: options.store,
            objectSettings: options.objects
        ) { process, _ in
            let lab = try Lab(
                simulation, process, outside, options, subjectCount: subjectCount)
            options.beginTrouble(lab, trouble)
            await Self.live(
                lab, subjectCount, clientCount, operations, clients, count, ended: ended)
        }
        outside.check(before.afterPowerCut(.losesEverything), "at the crash")
        outside.check(simulation.disk, "after the crash")
    }

    private static func live(
        _ lab: Lab, _ subjectCount: Int, _ clientCount: Int, _ operations: [Client.Operation],
        _ random: SeededRandom, _ count: Int,
        ended: @escaping @Sendable (Client.Operation, Bool) -> Void
    ) async {
        var random = random
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<clientCount {
                let client = Client(
                    lab: lab, subjectCount: subjectCount, operations: operations,
                    random: random.split(), ended: ended)
                group.addTask {
                    var client = client
                    await client.live(count)
                }
            }
        }
    }

    private func counter() -> @Sendable (Client.Operation, Bool) -> Void {
        let tally = tally
        return { operation, succeeded in
            tally.count()
            tally.visit(succeeded ? "\(operation)" : "\(operation) failed")
        }
    }

    /// Nothing goes wrong any more: everything must work, end, and be written.
    private mutating func rest() throws {
        let (simulation, outside) = (simulation, outside)
        let (subjectCount, clientCount) = (subjectCount, clientCount)
        let operations = Client.Operation.allCases.filter { !$0.isRough }
        let (clients, ended) = (random.split(), counter())
        outside.beginLife()
        try simulation.recover { process in
            let lab = try Lab(
                simulation, process, outside, LifeOptions(), subjectCount: subjectCount)
            await Self.live(lab, subjectCount, clientCount, operations, clients, 12, ended: ended)
            try await Self.startAnew(lab, subjectCount)
        }
        // Tasks that objects have started may still be in a pause; nothing else may.
        for _ in 0..<3 {
            simulation.scheduler.runReady()
            simulation.clock.advance(by: .milliseconds(100))
        }
        try expect(
            simulation.clock.nextDeadline == nil,
            "the store is closed, and something still waits for its time: now "
                + "\(simulation.clock.now), then \(simulation.clock.nextDeadline ?? .zero)")
        outside.check(simulation.disk, "after the end")
    }

    /// After an abort the next call is answered, by a new instance.
    private static func startAnew(_ lab: Lab, _ subjectCount: Int) async throws {
        for subject in 0..<subjectCount {
            let stub = try lab.stub(subject)
            let before = try await stub.call { $0.instance }
            _ = try? await stub.call { try $0.abort() }
            let after = try await stub.call { try ($0.instance, $0.begin()).0 }
            try expect(before != after, "an aborted instance answers")
        }
    }
}
