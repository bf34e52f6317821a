import CairnKV
import CairnObjects
import CairnPlatform
import CairnSimulation
import CairnStore

/// One life of the program under test: its objects, its KV, and those who watch.
final class Lab: Sendable {
    static let storePath = Simulation.directory + "/store"
    static let uniqueKey = "subjects"
    static let kvName = "shared"
    static func kvCounterKey(_ subject: Int) -> String { "counter/\(subject)" }
    static func kvSeenKey(_ subject: Int) -> String { "seen/\(subject)" }
    static func kvOwnerKey(_ subject: Int) -> String { "owner/\(subject)" }
    static func name(_ subject: Int) -> String { "s\(subject)" }

    let simulation: Simulation
    let process: SimulatedProcess
    let outside: Outside
    let activations: Activations
    let options: LifeOptions
    /// KV as callers outside see it.
    let kv: KVNamespace
    private let stubs = Locked<[DurableObjectStub<Subject>]>([])
    private let lastToken = Locked(0)

    init(
        _ simulation: Simulation, _ process: SimulatedProcess, _ outside: Outside,
        _ options: LifeOptions, subjectCount: Int
    ) throws {
        self.simulation = simulation
        self.process = process
        self.outside = outside
        self.options = options
        activations = Activations(outside)
        kv = try KVNamespace(id: Self.kvName, store: process.store, clock: simulation.clock)
        let made = try process.objects.namespace(
            uniqueKey: Self.uniqueKey, of: Subject.self
        ) { [weak self] gate in
            guard let self else { throw SubjectError.noLab }
            return SubjectEnv(lab: self, kv: kv.bound(to: gate))
        }
        stubs.withLock { stubs in
            stubs = (0..<subjectCount).map { made.getByName(Self.name($0)) }
        }
    }

    /// A stub of a subject.
    func stub(_ subject: Int) throws -> DurableObjectStub<Subject> {
        let stubs = stubs.withLock { $0 }
        guard stubs.indices.contains(subject) else { throw SubjectError.noLab }
        return stubs[subject]
    }

    /// A number nobody else has.
    func token() -> Int {
        lastToken.withLock { last in
            last += 1
            return last
        }
    }

    var clock: SimulatedClock { simulation.clock }

    /// Lets others go first, in one of the ways an event may wait.
    func pause(_ kind: Int) async throws {
        switch kind & 3 {
        case 0: await simulation.scheduler.yield()
        case 1: try await clock.sleep(for: .microseconds(100 * (kind >> 2 & 63)))
        case 2: _ = try await kv.get("nothing")
        default:
            for _ in 0..<(kind >> 2 & 7) { await simulation.scheduler.yield() }
        }
    }
}
