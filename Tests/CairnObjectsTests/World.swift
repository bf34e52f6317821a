import CairnFiles
import CairnHTTP
import CairnKV
import CairnObjects
import CairnPlatform
import CairnStore
import CairnTestSupport
import Testing

/// A store on a disk that obeys, a runtime on a clock that obeys, and one class.
struct World: Sendable {
    let directory: TemporaryDirectory
    let disk: FaultyFileSystem
    let timer = ManualTimer()
    let store: Store
    let runtime: ObjectRuntime
    let kv: KVNamespace
    let rooms: DurableObjectNamespace<Room>
    let log: Log

    init(settings: ObjectSettings = ObjectSettings()) throws {
        let directory = try TemporaryDirectory("objects")
        let disk = FaultyFileSystem()
        let store = try Store.open(
            at: directory.path, components: StoreComponents(fileSystem: disk))
        try self.init(directory, disk, store, settings)
    }

    private init(
        _ directory: TemporaryDirectory, _ disk: FaultyFileSystem, _ store: Store,
        _ settings: ObjectSettings
    ) throws {
        self.disk = disk
        self.directory = directory
        self.store = store
        let log = Log()
        self.log = log
        runtime = ObjectRuntime(
            store: store, settings: settings,
            components: ObjectComponents(timer: timer) { _, error in log.add("reported \(error)") })
        let kv = try KVNamespace(id: "settings", store: store)
        self.kv = kv
        rooms = try runtime.namespace(uniqueKey: "mykey", of: Room.self) { gate in
            RoomEnv(kv: kv.bound(to: gate), log: log)
        }
    }

    /// A second runtime on the same store, as after a restart.
    func restarted() throws -> World { try World(directory, disk, store, ObjectSettings()) }

    /// Returns once a sync is being held back and everybody who can run has run.
    func waitForHeldSync() async {
        while disk.syncsWaiting == 0 { await Task.yield() }
        await settle()
    }

    /// Gives everything that can run the time to run.
    func settle() async {
        for _ in 0..<300 { await Task.yield() }
    }
}

/// What happened, in order.
final class Log: Sendable {
    private let lines = Locked<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// Holds an event where it is until the test lets it go on.
final class Latch: Sendable {
    private let continuation = Locked<CheckedContinuation<Void, Never>?>(nil)

    /// Waits until `open`.
    func wait() async {
        await withCheckedContinuation { waiting in continuation.withLock { $0 = waiting } }
    }

    /// Returns once somebody waits.
    func reached() async {
        while continuation.withLock({ $0 == nil }) { await Task.yield() }
    }

    /// Lets who waits go on.
    func open() { continuation.withLock { $0 }?.resume() }
}

struct RoomEnv: Sendable {
    let kv: KVNamespace
    let log: Log
}

/// The class under test; most tests bring their own closures.
actor Room: DurableObject {
    let state: DurableObjectState
    let env: RoomEnv
    var memory = 0

    init(state: DurableObjectState, env: RoomEnv) throws {
        self.state = state
        self.env = env
        env.log.add("made")
        if state.id.name == "refuses" {
            try state.storage.put("from the constructor", true)
            throw Refusal()
        }
        if state.id.name == "writes" {
            try state.storage.put("count", (try state.storage.get("count", as: Int.self) ?? 0) + 1)
        }
        if state.id.name == "sets up" {
            state.blockConcurrencyWhile {
                for _ in 0..<50 { await Task.yield() }
                await self.set(memory: 41)
            }
            state.blockConcurrencyWhile { await self.set(memory: 42) }
        }
    }

    struct Refusal: Error, CustomStringConvertible { var description: String { "not today" } }

    func set(memory: Int) { self.memory = memory }

    /// Two chunks, a write before each.
    private func stream() -> Body {
        let count = Locked(0)
        return Body(
            chunks: AsyncThrowingStream { () async throws -> [UInt8]? in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                guard number <= 2 else { return nil }
                try await self.write("chunk \(number)")
                return [UInt8(number)]
            })
    }

    /// A socket whose other end the object reads itself.
    private func rawSocket() -> WebSocket {
        let pair = WebSocketPair()
        Task {
            for await event in pair.server.events {
                switch event {
                case .message(.text(let text)):
                    try state.storage.put("last", text)
                    pair.server.send("echo \(text)")
                case .message: break
                case .close: pair.server.close()
                }
            }
        }
        return pair.client
    }

    func fetch(_ request: Request) async throws -> Response {
        switch request.path {
        case "/stream": return Response(body: stream())
        case "/broken-stream":
            return Response(
                body: Body(
                    chunks: AsyncThrowingStream { () async throws -> [UInt8]? in
                        try await self.write("before the error")
                        throw Refusal()
                    }))
        case "/throws": throw Refusal()
        case "/raw-socket": return Response(webSocket: rawSocket())
        default: break
        }
        let count = (try state.storage.get("count", as: Int.self) ?? 0) + 1
        try state.storage.put("count", count)
        return try .json(count)
    }

    func webSocketMessage(_ socket: WebSocket, _ message: WebSocketMessage) async throws {
        guard case .text(let text) = message else { throw Refusal() }
        env.log.add("message \(text)")
        try state.storage.put("last", text)
        socket.send("got \(text)")
    }

    func webSocketClose(
        _ socket: WebSocket, code: Int, reason: String, wasClean: Bool
    ) async throws {
        env.log.add("closed \(code)")
    }
}

/// A timer that stands still until it is told to go on.
final class ManualTimer: ObjectTimer {
    private struct Sleeper {
        let until: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Duration.zero
        var sleepers: [Int: Sleeper] = [:]
        var next = 0
    }

    private let state = Locked(State())

    var now: Duration { state.withLock { $0.now } }
    /// How many are asleep.
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    func advance(by duration: Duration) {
        let due = state.withLock { state -> [Sleeper] in
            state.now += duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for key in due.keys { state.sleepers[key] = nil }
            return Array(due.values)
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    func sleep(for duration: Duration) async throws {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if Task.isCancelled { return true }
                    state.sleepers[key] = Sleeper(
                        until: state.now + duration, continuation: continuation)
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: key) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}

/// The error of a call that should have failed.
func failure(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async -> DurableObjectError? {
    do {
        try await body()
        Issue.record("should have thrown", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error as? DurableObjectError
    }
}
