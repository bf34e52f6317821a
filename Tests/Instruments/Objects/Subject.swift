import CairnHTTP
import CairnKV
import CairnObjects
import CairnPlatform
import CairnSimulation

/// The class under test: it counts, and tells everybody in every way there is how far it has come.
actor Subject: DurableObject {
    /// What a turn writes beside the counter.
    enum Shape: Int, CaseIterable {
        case narrow
        /// Several keys more, that belong together.
        case wide
        /// A wide turn that deletes everything else first.
        case fresh
    }

    static let wideKeyCount = 3
    static func wideKey(_ index: Int) -> String { "wide\(index)" }
    static func peerKey(_ subject: Int) -> String { "peer/\(subject)" }

    let state: DurableObjectState
    let env: SubjectEnv
    let number: Int
    /// The number of the instance.
    let instance: Int
    /// The critical section that is open, by its token.
    var section: Int?
    /// The last message of each socket.
    var heard: [ObjectIdentifier: Int] = [:]
    /// The last call of each burst.
    var bursts: [Int: Int] = [:]
    private var isSetUp = false

    init(state: DurableObjectState, env: SubjectEnv) throws {
        self.state = state
        self.env = env
        guard let name = state.id.name, let number = Int(name.dropFirst()) else {
            throw SubjectError.noLab
        }
        self.number = number
        instance = env.lab.activations.begin(number)
        if env.lab.options.refusesBirth(env.lab) {
            // Half of a turn, which must go with the instance.
            try state.storage.put("a", env.lab.outside.floor(.subject(number)) + 1)
            throw SubjectError.notBorn
        }
        guard env.lab.options.setsUp else {
            isSetUp = true
            return
        }
        state.blockConcurrencyWhile { try await self.setUp() }
    }

    private func setUp() async throws {
        _ = try await env.kv.get(Lab.kvSeenKey(number))
        await lab.simulation.scheduler.yield()
        isSetUp = true
    }

    var lab: Lab { env.lab }
    var outside: Outside { env.lab.outside }

    // MARK: Every event, every turn

    /// What every event does first.
    /// - Parameter token: the critical section the event was started inside of.
    @discardableResult
    func begin(inside token: Int? = nil) throws -> Int {
        if !isSetUp { outside.fail("an event of subject \(number) came before its set-up ended") }
        if let section, section != token {
            outside.fail("an event of subject \(number) came into a critical section")
        }
        let (a, b) = (try get("a"), try get("b"))
        if a != b { outside.fail("subject \(number) sees a torn turn: \(a), \(b)") }
        lab.activations.check(instance, of: number, "began an event")
        return a
    }

    func get(_ key: String) throws -> Int {
        let value = try state.storage.get(key, as: Int.self) ?? 0
        lab.activations.check(instance, of: number, "read \(key)")
        return value
    }

    func put(_ key: String, _ value: Int) throws {
        try state.storage.put(key, value)
        lab.activations.check(instance, of: number, "wrote \(key)")
    }

    /// Counts one further, all in one turn.
    func write(_ shape: Shape = .narrow) throws -> Int {
        let next = try get("a") + 1
        outside.attempt(.subject(number), next)
        if shape == .fresh { try state.storage.deleteAll() }
        try put("a", next)
        if shape != .narrow {
            for index in 0..<Self.wideKeyCount { try put(Self.wideKey(index), next) }
            try state.storage.put("padding", String(repeating: "x", count: next % 7 * 100))
        }
        try put("b", next)
        return next
    }

    /// Takes note of what a peer says, who must have it on the disk.
    func hear(_ message: Message, by way: String) throws {
        outside.learn(.subject(message.sender), message.number, by: way)
        try put(Self.peerKey(message.sender), message.number)
    }

    // MARK: Calls

    /// Counts some steps further, with a pause between them.
    func count(_ steps: Int, _ shape: Shape, pause: Int, refuses: Bool) async throws -> [Int] {
        try begin()
        var numbers: [Int] = []
        for step in 0..<steps {
            if step > 0 { try await lab.pause(pause &+ step) }
            numbers.append(try write(shape))
        }
        if steps > 1 {
            let last = try get("a")
            try put("c", last)
            try put("d", last)
        }
        if refuses { throw SubjectError.refusal(subject: number, numbers: numbers) }
        return numbers
    }

    /// One call of several that were made in this order.
    func arrive(_ place: Int, of burst: Int, pause: Int?) async throws -> Int {
        try begin()
        if let last = bursts[burst], last > place {
            outside.fail("call \(place) of a burst came after call \(last) (subject \(number))")
        }
        bursts[burst] = place
        let mine = try write()
        if let pause { try await lab.pause(pause) }
        return mine
    }

    /// Counts, tells the next on the path, and counts again.
    func passOn(_ path: [Int], _ message: Message?) async throws -> Int {
        try begin()
        if let message { try hear(message, by: "a peer's call") }
        let mine = Message(sender: number, number: try write())
        guard let next = path.first else { return mine.number }
        let rest = Array(path.dropFirst())
        let theirs = try await lab.stub(next).call { try await $0.passOn(rest, mine) }
        outside.learn(.subject(next), theirs, by: "a peer's answer")
        return try write()
    }

    /// Counts, and tells several at once from child tasks.
    func tellAll(_ peers: [Int]) async throws -> Int {
        try begin()
        let mine = Message(sender: number, number: try write())
        let lab = lab
        try await withThrowingTaskGroup(of: Void.self) { group in
            for peer in peers {
                group.addTask {
                    _ = try await lab.stub(peer).call { try await $0.passOn([], mine) }
                }
            }
            try await group.waitForAll()
        }
        return mine.number
    }

    /// Counts and waits for the disk itself, before it tells somebody whom no gate knows.
    func synchronize(_ shape: Shape) async throws -> Int {
        let floor = outside.floor(.subject(number))
        try begin()
        let mine = try write(shape)
        try await state.storage.sync()
        outside.claim(.subject(number), mine, above: floor, by: "a sync")
        return mine
    }

    /// Counts, and leaves the rest to a task. The task says where it runs: without a preference it would
    /// pass through Swift's own pool after each wait.
    func spawn(pause: Int) throws -> Int {
        try begin()
        let mine = try write()
        Task(executorPreference: lab.simulation.scheduler) { try await self.finish(pause: pause) }
        return mine
    }

    private func finish(pause: Int) async throws {
        try await lab.pause(pause)
        _ = try write()
        _ = try await tellKV()
    }

    /// Writes what nobody must ever see, and gives itself up.
    func abort() throws {
        try begin()
        try put("a", -1)
        state.abort()
        lab.activations.end(instance)
        try put("b", -1)
    }

    // MARK: KV

    /// Counts, and tells KV how far.
    func tellKV() async throws -> Int {
        let mine = try write()
        try await env.kv.put(Lab.kvSeenKey(number), "\(mine)")
        return mine
    }

    /// Tells KV that this is the live instance.
    func own(writes: Bool) async throws -> Int {
        try begin()
        if writes { _ = try write() }
        outside.attempt(.owner(number), instance)
        try await env.kv.put(Lab.kvOwnerKey(number), "\(instance)")
        return instance
    }

    /// Counts a KV value one further in a critical section.
    func countInSection(_ token: Int, _ plan: SectionPlan) async throws -> Int {
        try begin()
        return try await state.blockConcurrencyWhile {
            if section != nil { outside.fail("two critical sections of \(number) at once") }
            section = token
            defer { section = nil }
            let next = (Int(try await env.kv.get(Lab.kvCounterKey(number)) ?? "0") ?? 0) + 1
            if let pause = plan.pause { try await lab.pause(pause) }
            if plan.callsItself {
                _ = try await lab.stub(number).call { subject in
                    try subject.begin(inside: token)
                    return try subject.write()
                }
            }
            if plan.overruns {
                try await lab.clock.sleep(for: lab.options.objects.criticalSectionLimit * 2)
            }
            if plan.isGivenUp { throw SubjectError.sectionGivenUp }
            outside.attempt(.kv(number), next)
            try await env.kv.put(Lab.kvCounterKey(number), "\(next)")
            return next
        }
    }
}

/// What happens in a critical section.
struct SectionPlan: Sendable {
    var pause: Int?
    var callsItself = false
    var overruns = false
    var isGivenUp = false
}
