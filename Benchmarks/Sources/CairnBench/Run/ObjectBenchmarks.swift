import Cairn
import CairnStore
import Dispatch

/// An object that counts, in memory and in storage.
actor BenchObject: DurableObject {
    let state: DurableObjectState
    private var count = 0

    init(state: DurableObjectState, env: BenchEnv) { self.state = state }

    /// Nothing but a round trip.
    func add() -> Int {
        count += 1
        return count
    }

    /// A write, whose result waits until it is durable.
    func store(_ value: Int) throws { try state.storage.put("count", value) }

    func fetch(_ request: Request) async throws -> Response {
        if request.method == .post { try store(add()) }
        return .text("hello from an object")
    }
}

struct BenchEnv: WorkerEnvironment {
    let objects: DurableObjectNamespace<BenchObject>

    init(bindings: Bindings) throws {
        objects = try bindings.durableObjects("OBJECTS", BenchObject.self)
    }

    init(objects: DurableObjectNamespace<BenchObject>) { self.objects = objects }
}

/// The object runtime without a server.
enum ObjectBenchmarks {
    static let all: [Benchmark] = [
        // What the executor alone costs: straight to the actor, past gates and commits.
        Benchmark(name: "hop to an object and back") { plan, directory in
            try await hop(plan, directory, DispatchQueueProvider())
        },
        Benchmark(name: "hop, queues without a target") { plan, directory in
            try await hop(plan, directory, UntargetedQueues())
        },
        Benchmark(name: "hop, Swift's own actors") { plan, _ in
            let actor = DefaultActor()
            return await Caller().measure(Stopwatch(plan.duration)) { await actor.add() }
        },
        Benchmark(name: "stub call") { plan, directory in
            try await withObjects(directory) { objects, clock in
                let stub = objects.getByName("one")
                return try await clock(plan).measure(batch: 16) { _ in
                    _ = try await stub.call { object in object.add() }
                }
            }
        },
        Benchmark(name: "stub call, 64 callers, 64 objects") { plan, directory in
            try await withObjects(directory) { objects, clock in
                let stubs = (0..<64).map { objects.getByName("\($0)") }
                return try await clock(plan).measure(callers: 64) { caller, _ in
                    _ = try await stubs[caller].call { object in object.add() }
                }
            }
        },
        Benchmark(name: "stub call with a write") { plan, directory in
            try await withObjects(directory) { objects, clock in
                let stub = objects.getByName("one")
                return try await clock(plan).measure { number in
                    try await stub.call { object in try object.store(number) }
                }
            }
        },
        Benchmark(name: "stub call with a write, 64 objects") { plan, directory in
            try await withObjects(directory) { objects, clock in
                let stubs = (0..<64).map { objects.getByName("\($0)") }
                return try await clock(plan).measure(callers: 64) { caller, number in
                    try await stubs[caller].call { object in try object.store(number) }
                }
            }
        },
        Benchmark(name: "first call of a new object") { plan, directory in
            try await withObjects(directory) { objects, clock in
                try await clock(plan).measure { number in
                    _ = try await objects.getByName("\(number)").call { object in object.add() }
                }
            }
        },
    ]

    private static func hop(
        _ plan: Plan, _ directory: String, _ queues: any ObjectQueueProvider
    ) async throws -> Measurement {
        try await withObjects(directory, queues) { objects, clock in
            let leak = try await objects.getByName("one").call { object in Leak(object) }
            return await Caller().measure(clock(plan)) { await leak.object.add() }
        }
    }

    /// A caller with a place of its own: hops of callers that have none merge into one.
    private actor Caller {
        private var sum = 0

        func measure(
            _ clock: Stopwatch, _ add: @Sendable () async -> Int
        ) async -> Measurement {
            await clock.measure(batch: 16) { _ in sum += await add() }
        }
    }

    private actor DefaultActor {
        private var count = 0

        func add() -> Int {
            count += 1
            return count
        }
    }

    /// What a `DispatchQueue` made without thinking is.
    private struct UntargetedQueues: ObjectQueueProvider {
        private struct Queue: ObjectQueue {
            let queue = DispatchQueue(label: "untargeted")

            func enqueue(_ block: @escaping @Sendable () -> Void) { queue.async(execute: block) }
        }

        func makeQueue() -> any ObjectQueue { Queue() }
    }

    /// Lets an actor out of its call, as no worker should.
    private struct Leak: Sendable {
        let object: BenchObject
        init(_ object: BenchObject) { self.object = object }
    }

    private static func withObjects(
        _ directory: String, _ queues: any ObjectQueueProvider = DispatchQueueProvider(),
        _ body: (DurableObjectNamespace<BenchObject>, (Plan) -> Stopwatch) async throws ->
            Measurement
    ) async throws -> Measurement {
        let store = try Store.open(at: directory)
        let runtime = ObjectRuntime(
            store: store, components: ObjectComponents(queues: queues))
        let objects = try Self.namespace(runtime)
        let result = try await body(objects) { plan in Stopwatch(plan.duration) }
        await runtime.shutdown()
        try store.close()
        return result
    }

    private static func namespace(
        _ runtime: ObjectRuntime
    ) throws -> DurableObjectNamespace<BenchObject> {
        try runtime.namespace(uniqueKey: "bench", of: BenchObject.self) { [weak runtime] _ in
            guard let runtime else { throw StoreBenchmarks.Missing() }
            return BenchEnv(objects: try namespace(runtime))
        }
    }
}
