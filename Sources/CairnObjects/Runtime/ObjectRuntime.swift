import CairnPlatform
public import CairnStore

/// All objects of a process, on one store.
///
/// Keeps at most one live instance of an id, whichever namespace it is reached through; makes them on
/// their first event and lets idle ones go. Make one runtime a store.
///
/// Lock order: the registry's lock, then a resident's, then its core's, then the store's.
public final class ObjectRuntime: Sendable {
    private struct Key: Hashable, Comparable {
        let uniqueKey: String
        let id: DurableObjectID

        static func < (a: Key, b: Key) -> Bool {
            a.uniqueKey == b.uniqueKey
                ? ByteOrder.precedes(a.id.bytes, b.id.bytes) : a.uniqueKey < b.uniqueKey
        }
    }

    private struct State {
        var residents: [Key: any AnyResident] = [:]
        var isShuttingDown = false
        var sweeper: Task<Void, Never>?
        /// Events being served.
        var events = 0
    }

    let store: Store
    let settings: ObjectSettings
    let components: ObjectComponents
    private let state = Locked(State())

    /// Prepares to run the objects of `store`.
    public init(
        store: Store, settings: ObjectSettings = ObjectSettings(),
        components: ObjectComponents = ObjectComponents()
    ) {
        self.store = store
        self.settings = settings
        self.components = components
    }

    deinit { state.withLock { $0.sweeper }?.cancel() }

    /// The unique key of a class: what its objects' ids are made from.
    ///
    /// Recorded on first use as `<worker>-<class>`, as workerd names it, so that the ids stay what
    /// they are when the class is later found under another key (Docs/Formats/Keyspaces.md).
    /// Blocks until the record is durable.
    public func uniqueKey(worker: String, className: String) throws(StoreError) -> String {
        let classes = try store.keyspace("cairn/classes")
        let key = worker + "/" + className
        if let known = try classes.get(key) { return String(decoding: known, as: UTF8.self) }
        let uniqueKey = worker + "-" + className
        try classes.put(key, Array(uniqueKey.utf8))
        return uniqueKey
    }

    /// The namespace of a class.
    /// - Parameters:
    ///   - uniqueKey: what the ids are made from.
    ///   - makeEnv: makes an instance's environment, whose bindings pass the gate it is given.
    public func namespace<Object: DurableObject>(
        uniqueKey: String, of type: Object.Type,
        makeEnv: @escaping @Sendable (OutboundGate) throws -> Object.Env
    ) throws(StoreError) -> DurableObjectNamespace<Object> {
        DurableObjectNamespace(
            runtime: self, uniqueKey: uniqueKey, ids: IDFactory(uniqueKey: uniqueKey),
            directory: ObjectDirectory(keyspace: try store.keyspace("do/" + uniqueKey)),
            makeEnv: makeEnv)
    }

    /// Takes no more events, waits for those being served, and lets every object go.
    /// - Parameter limit: how long to wait for them; for ever by default.
    public func shutdown(limit: Duration? = nil) async {
        state.withLock { $0.isShuttingDown = true }
        let deadline = limit.map { components.timer.now + $0 }
        while state.withLock({ $0.events > 0 }) {
            if let deadline, components.timer.now >= deadline { break }
            try? await components.timer.sleep(for: .milliseconds(5))
        }
        let residents = state.withLock { state -> [any AnyResident] in
            state.sweeper?.cancel()
            defer { state.residents = [:] }
            return Self.inOrder(state.residents)
        }
        for resident in residents { resident.evict() }
    }

    /// Ends every instance at once, whatever it is doing; whoever waits for one is told. Later calls make
    /// fresh ones. For simulations, whose processes die in the middle of everything.
    package func resetAll() {
        let residents = state.withLock { state -> [any AnyResident] in
            defer { state.residents = [:] }
            return Self.inOrder(state.residents)
        }
        for resident in residents { resident.evict() }
    }

    /// Objects in memory.
    public var residentCount: Int { state.withLock { $0.residents.count } }

    /// The live resident of `id`, leased: made when there is none.
    func lease<Object: DurableObject>(
        _ id: DurableObjectID, in namespace: DurableObjectNamespace<Object>
    ) throws -> Resident<Object> {
        let key = Key(uniqueKey: namespace.uniqueKey, id: id)
        return try state.withLock { state throws -> Resident<Object> in
            guard !state.isShuttingDown else {
                throw DurableObjectError(
                    .shuttingDown, "The server is shutting down.", isRetryable: true)
            }
            if let known = state.residents[key] as? Resident<Object>, known.isLive {
                known.lease()
                state.events += 1
                return known
            }
            if state.residents.count >= settings.residentCountMax { evictIdlest(&state) }
            let resident = try makeResident(id, namespace)
            state.residents[key] = resident
            resident.lease()
            state.events += 1
            resident.begin()
            startSweeping(&state)
            return resident
        }
    }

    /// One lease more of a resident that is leased.
    func retain(_ resident: some AnyResident) {
        resident.lease()
        state.withLock { $0.events += 1 }
    }

    func release(_ resident: some AnyResident) {
        resident.release(at: components.timer.now)
        state.withLock { $0.events -= 1 }
    }

    private func makeResident<Object: DurableObject>(
        _ id: DurableObjectID, _ namespace: DurableObjectNamespace<Object>
    ) throws -> Resident<Object> {
        let core = ObjectCore(
            id: id, settings: settings, store: store,
            keyspace: try store.keyspace("do/\(namespace.uniqueKey)/\(id)"),
            directory: namespace.directory)
        let executor = TurnExecutor(core: core, queue: components.queues.makeQueue())
        let makeEnv = namespace.makeEnv
        let resident = Resident<Object>(
            state: DurableObjectState(
                executor: executor, timer: components.timer,
                taskExecutor: components.taskExecutor),
            now: components.timer.now
        ) { state in
            try Object(state: state, env: try makeEnv(state.outputGate))
        }
        resident.state.setPump { [weak self, weak resident] socket in
            guard let self, let resident else { return }
            deliverEvents(of: socket, to: resident)
        }
        return resident
    }

    // MARK: Letting go

    private func startSweeping(_ state: inout State) {
        guard state.sweeper == nil else { return }
        let (timer, interval) = (components.timer, settings.idleLimit / 4)
        state.sweeper = Task(executorPreference: components.taskExecutor) { [weak self] in
            while (try? await timer.sleep(for: interval)) != nil {
                guard let self else { return }
                evictIdle()
            }
        }
    }

    /// Lets go of what has been idle for the limit.
    func evictIdle() {
        let limit = components.timer.now - settings.idleLimit
        state.withLock { state in
            let over = state.residents.filter { _, resident in
                resident.idleSince.map { $0 <= limit } ?? !resident.isLive
            }
            for key in over.keys { state.residents[key] = nil }
            for resident in Self.inOrder(over) { resident.evict() }
        }
    }

    /// Who is let go may wake somebody: in the order of the ids, so that a simulation repeats itself.
    private static func inOrder(_ residents: [Key: any AnyResident]) -> [any AnyResident] {
        residents.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Makes room by letting go of the longest idle: many at once, so that looking through all of
    /// them costs little for each.
    private func evictIdlest(_ state: inout State) {
        let idle = state.residents.compactMap { key, resident in
            resident.idleSince.map { (key: key, since: $0) }
        }
        let oldestFirst = idle.sorted { ($0.since, $0.key) < ($1.since, $1.key) }
        for (key, _) in oldestFirst.prefix(max(1, settings.residentCountMax / 16)) {
            state.residents.removeValue(forKey: key)?.evict()
        }
    }
}
