import CairnHTTP
import CairnKV
import CairnObjects
import CairnSimulation
import CairnStore

/// Somebody outside who calls subjects, does what its random numbers say, and keeps what it learns.
struct Client {
    /// What a client may do.
    enum Operation: Int, CaseIterable, Sendable {
        case count, refuse, read, passOn, tellAll, synchronize, spawn, burst
        case tellKV, readKV, own, section, stream, dropStream, upload, socket, dial, sleep, jump
        // Those that reset an object.
        case abort, giveUp, overrun

        var isRough: Bool { rawValue >= Operation.abort.rawValue }
    }

    let lab: Lab
    let subjectCount: Int
    let operations: [Operation]
    var random: SeededRandom
    /// Told of each operation that has ended.
    let ended: @Sendable (Operation, Bool) -> Void

    /// Does `count` things, one after the other, or fewer when the power goes or the store is poisoned.
    mutating func live(_ count: Int) async {
        var patience = 8
        for _ in 0..<count {
            guard lab.simulation.disk.hasPower, patience > 0, lab.outside.violation == nil else {
                return
            }
            if lab.process.store.failure != nil { patience -= 1 }
            await perform(operations[random.below(operations.count)])
        }
    }

    /// Does one thing, and holds its end against what may be.
    mutating func perform(_ operation: Operation) async {
        let subject = random.below(subjectCount)
        let floor = lab.outside.floor(.subject(subject))
        if operation.isRough { lab.outside.excuse("\(operation)") }
        do {
            try await attempt(operation, on: subject, floor)
            ended(operation, true)
        } catch {
            ended(operation, false)
            judge(error, operation, floor)
        }
    }

    private func judge(_ error: any Error, _ operation: Operation, _ floor: Int) {
        guard case SubjectError.refusal(let subject, let numbers) = error else {
            lab.outside.failed("\(operation)", error)
            return
        }
        // What refuses may be a peer's, of which nothing was known.
        for number in numbers {
            lab.outside.claim(.subject(subject), number, above: 0, by: "an error")
        }
    }

    private mutating func attempt(
        _ operation: Operation, on subject: Int, _ floor: Int
    ) async throws {
        let stub = try lab.stub(subject)
        let pause = random.below(256)
        switch operation {
        case .count, .refuse: try await count(stub, subject, floor, refuses: operation == .refuse)
        case .read:
            let found = try await stub.call { try $0.begin() }
            lab.outside.read(.subject(subject), found, notBelow: floor, by: "a read")
        case .passOn:
            let path = (0..<(1 + random.below(4))).map { _ in random.below(subjectCount) }
            try await claim(subject, floor, "a chain") {
                try await stub.call { try await $0.passOn(path, nil) }
            }
        case .tellAll:
            let peers = (0..<(1 + random.below(3))).map { _ in random.below(subjectCount) }
            try await claim(subject, floor, "telling all") {
                try await stub.call { try await $0.tellAll(peers) }
            }
        case .synchronize:
            let shape = shape()
            // The subject claims for itself.
            _ = try await stub.call { try await $0.synchronize(shape) }
        case .spawn:
            try await claim(subject, floor, "a spawn") {
                try await stub.call { try $0.spawn(pause: pause) }
            }
        case .burst: try await burst(stub, subject, floor)
        case .tellKV:
            try await claim(subject, floor, "a KV write") {
                try await stub.call { subject in
                    try subject.begin()
                    return try await subject.tellKV()
                }
            }
        case .readKV: try await readKV(subject)
        case .own:
            let writes = random.oneIn(2)
            let owner = try await stub.call { try await $0.own(writes: writes) }
            lab.outside.learn(.owner(subject), owner, by: "an owner")
            try await readOwner(subject)
        case .section, .giveUp, .overrun: try await section(operation, stub, subject)
        case .stream, .dropStream:
            try await stream(stub, subject, floor, drops: operation == .dropStream)
        case .upload, .dial: try await talk(operation, stub, subject, floor)
        case .socket: try await socket(stub, subject, floor)
        case .sleep: try await lab.clock.sleep(for: .milliseconds(random.below(200)))
        case .jump:
            lab.clock.jumpWall(byMilliseconds: Int64(random.below(20_000_000)) - 10_000_000)
        case .abort: try await abort(stub, subject)
        }
    }

    private mutating func shape() -> Subject.Shape {
        Subject.Shape.allCases[random.below(Subject.Shape.allCases.count)]
    }

    private func claim(
        _ subject: Int, _ floor: Int, _ way: String, _ body: () async throws -> Int
    ) async throws {
        let number = try await body()
        lab.outside.claim(.subject(subject), number, above: floor, by: way)
    }

    // MARK: Calls

    private mutating func count(
        _ stub: DurableObjectStub<Subject>, _ subject: Int, _ floor: Int, refuses: Bool
    ) async throws {
        let (steps, pause) = (1 + random.below(3), random.below(256))
        let shape = shape()
        let numbers = try await stub.call {
            try await $0.count(steps, shape, pause: pause, refuses: refuses)
        }
        for number in numbers {
            lab.outside.claim(.subject(subject), number, above: floor, by: "a result")
        }
    }

    /// Several calls at once, which must arrive in the order they were made.
    private mutating func burst(
        _ stub: DurableObjectStub<Subject>, _ subject: Int, _ floor: Int
    ) async throws {
        let burst = lab.token()
        let pauses = (0..<(2 + random.below(4))).map { _ in
            random.oneIn(2) ? random.below(256) : nil
        }
        let calls = pauses.enumerated().map { place, pause in
            Task.immediate(executorPreference: lab.simulation.scheduler) {
                try await stub.call { try await $0.arrive(place, of: burst, pause: pause) }
            }
        }
        var failure: (any Error)?
        for call in calls {
            do {
                lab.outside.claim(
                    .subject(subject), try await call.value, above: floor, by: "a burst")
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func abort(_ stub: DurableObjectStub<Subject>, _ subject: Int) async throws {
        do {
            try await stub.call { try $0.abort() }
        } catch let error as DurableObjectError where error.kind == .reset { return }
        lab.outside.fail("a call that aborted subject \(subject) came back")
    }

    // MARK: KV

    private func readKV(_ subject: Int) async throws {
        let floor = lab.outside.floor(.kv(subject))
        if let text = try await lab.kv.get(Lab.kvSeenKey(subject)), let number = Int(text) {
            lab.outside.learn(.subject(subject), number, by: "KV")
        }
        let text = try await lab.kv.get(Lab.kvCounterKey(subject)) ?? "0"
        lab.outside.read(.kv(subject), Int(text) ?? 0, notBelow: floor, by: "KV")
    }

    private func readOwner(_ subject: Int) async throws {
        let floor = lab.outside.floor(.owner(subject))
        let text = try await lab.kv.get(Lab.kvOwnerKey(subject)) ?? "0"
        lab.outside.read(.owner(subject), Int(text) ?? 0, notBelow: floor, by: "KV")
    }

    private mutating func section(
        _ operation: Operation, _ stub: DurableObjectStub<Subject>, _ subject: Int
    ) async throws {
        let floor = lab.outside.floor(.kv(subject))
        var plan = SectionPlan()
        plan.pause = random.oneIn(2) ? random.below(256) : nil
        plan.callsItself = random.oneIn(2)
        plan.overruns = operation == .overrun
        plan.isGivenUp = operation == .giveUp
        let (token, chosen) = (lab.token(), plan)
        let number = try await stub.call { try await $0.countInSection(token, chosen) }
        lab.outside.claim(.kv(subject), number, above: floor, by: "a critical section")
    }
}
