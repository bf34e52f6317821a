public import CairnHTTP
import CairnPlatform
import CairnStore

/// What an object knows of itself: its identity, its storage, its gates and its WebSockets.
///
/// Made by the runtime, one for each instance.
public final class DurableObjectState: Sendable {
    /// The object's id. Its `name` is known whenever the object was ever reached by name, also after
    /// a restart; names over 1024 bytes are not kept.
    public var id: DurableObjectID { core.id }
    /// The object's own storage.
    public let storage: ObjectStorage
    let executor: TurnExecutor
    let inputGate = InputGate()
    let outputGate: OutboundGate
    private let timer: any ObjectTimer
    /// Where tasks of the state's own run; `nil` for Swift's pool.
    private let taskExecutor: (any TaskExecutor)?
    private let sockets = Locked(Sockets())
    /// What `init` has asked for and has not begun yet; `nil` while no set-up runs.
    private let setUp = Locked<[@Sendable () async throws -> Void]?>(nil)
    /// Delivers the events of a socket; set by the runtime before the first event.
    private let pump = Locked<Pump?>(nil)

    /// Not a bare closure: one that lies under a generic lock is wrapped once more each time it is taken out.
    private struct Pump: Sendable {
        let take: @Sendable (WebSocket) -> Void
    }

    private struct Sockets {
        /// Taken in: their events come to the object.
        var accepted: [WebSocket] = []
        /// Ends that went out in responses, whose other ends the object reads and writes itself.
        var handedOut: [WebSocket] = []
    }

    var core: ObjectCore { executor.core }

    init(executor: TurnExecutor, timer: any ObjectTimer, taskExecutor: (any TaskExecutor)?) {
        self.executor = executor
        self.timer = timer
        self.taskExecutor = taskExecutor
        outputGate = executor.gate
        storage = ObjectStorage(executor: executor)
    }

    // MARK: Critical sections

    /// Runs `body` while no other event is delivered to this object: for a read-modify-write of
    /// something outside storage, such as a KV value. Events that `body` itself starts get through.
    ///
    /// Nests 64 deep. Takes 30 s at most: then the object is reset and everybody who waits is told;
    /// this call throws once `body` lets go.
    /// - Throws: what `body` throws; the object is reset then. `.tooDeeplyNested`, without a reset.
    public func blockConcurrencyWhile<Result>(
        _ body: () async throws -> Result
    ) async throws -> Result {
        let outer = EventContext.sections(of: core)
        let depthMax = core.settings.criticalSectionDepthMax
        var place: InputGate.Place?
        while true {
            if let section = try inputGate.open(inside: outer, depthMax: depthMax, from: place) {
                return try await run(section, inside: outer, body)
            }
            place = try inputGate.step(inside: outer, from: place)
            try await place?.called()
        }
    }

    /// Closes the gate at once and runs `body` as soon as the object is there: for set-up in `init`.
    /// Events wait until it is done; when it throws, they get its error and the object starts anew.
    /// Several of them run one after the other, in the order of the calls.
    public func blockConcurrencyWhile(_ body: @escaping @Sendable () async throws -> Void) {
        let section = setUp.withLock { setUp -> InputGate.Section? in
            if setUp != nil {
                setUp?.append(body)
                return nil
            }
            let section = try? inputGate.open(inside: [], depthMax: 1)
            setUp = section == nil ? nil : []
            if section == nil {
                Task(executorPreference: taskExecutor) {
                    try await self.blockConcurrencyWhile(body)
                }
            }
            return section
        }
        guard let section else { return }
        Task(executorPreference: taskExecutor) {
            try await self.run(section, inside: []) {
                var next: (@Sendable () async throws -> Void)? = body
                while let body = next {
                    try await body()
                    next = self.takeNextSetUp()
                }
            }
        }
    }

    private func takeNextSetUp() -> (@Sendable () async throws -> Void)? {
        setUp.withLock { setUp in
            guard let waiting = setUp, !waiting.isEmpty else {
                setUp = nil
                return nil
            }
            return setUp?.removeFirst()
        }
    }

    private func run<Result>(
        _ section: InputGate.Section, inside outer: [InputGate.Section],
        _ body: () async throws -> Result
    ) async throws -> Result {
        let (timer, limit) = (timer, core.settings.criticalSectionLimit)
        let alarm = Task(executorPreference: taskExecutor) {
            try await timer.sleep(for: limit)
            self.reset(Self.sectionTookTooLong)
        }
        defer { alarm.cancel() }
        let context = EventContext(core: core, executor: executor, sections: outer + [section])
        do {
            let result = try await EventContext.$current.withValue(context) { try await body() }
            if let standing = core.standing { throw standing }
            inputGate.close(section)
            return result
        } catch {
            reset(
                DurableObjectError(
                    .reset, "Durable Object was reset because a critical section failed: \(error)"))
            throw core.standing?.isOverloaded == true ? Self.sectionTookTooLong : error
        }
    }

    private static let sectionTookTooLong = DurableObjectError(
        .reset,
        "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was "
            + "canceled and the Durable Object was reset.", isOverloaded: true)

    // MARK: WebSockets

    /// Takes a WebSocket in: its messages come to `webSocketMessage`, one at a time, its end to
    /// `webSocketClose`. What is sent on it waits for the object's writes, like everything that
    /// leaves. The object stays in memory while it has sockets.
    /// - Parameter socket: the `server` of a pair; return its `client` in a response.
    public func acceptWebSocket(_ socket: WebSocket) {
        let executor = executor
        socket.setHold { try executor.holdForOutbound() }
        sockets.withLock { $0.accepted.append(socket) }
        pump.withLock { $0 }?.take(socket)
    }

    /// The WebSockets taken in and not yet closed.
    public var webSockets: [WebSocket] { sockets.withLock { $0.accepted } }

    /// Sends one text to every WebSocket taken in.
    public func broadcast(_ text: String) {
        for socket in webSockets { socket.send(text) }
    }

    /// Puts a socket that leaves in a response behind the gate, if its other end was not taken in. What
    /// is sent on the end that leaves is no longer this object's to hold.
    func handOut(_ client: WebSocket) {
        let executor = executor
        client.setHold(nil)
        guard client.setHoldOfOtherEnd({ try executor.holdForOutbound() }) else { return }
        sockets.withLock { $0.handedOut.append(client) }
    }

    /// Whether some socket keeps the object in memory.
    var hasSockets: Bool {
        sockets.withLock { sockets in
            sockets.handedOut.removeAll { $0.isOver }
            return !sockets.accepted.isEmpty || !sockets.handedOut.isEmpty
        }
    }

    func setPump(_ deliver: @escaping @Sendable (WebSocket) -> Void) {
        pump.withLock { $0 = Pump(take: deliver) }
    }

    func forget(_ socket: WebSocket) {
        sockets.withLock { $0.accepted.removeAll { $0 === socket } }
    }

    // MARK: Ends

    /// Gives this instance up at once: what the open turn has written is discarded, whoever waits
    /// gets an error, and the next call makes a fresh instance.
    public func abort(_ reason: String? = nil) {
        reset(
            DurableObjectError(
                .reset, reason ?? "Application called abort() to reset Durable Object."))
    }

    /// Fences the instance, breaks its gate and ends its sockets.
    func reset(_ error: DurableObjectError) {
        core.fence(error)
        inputGate.fail(error)
        for socket in sockets.withLock({ sockets in
            defer { sockets = Sockets() }
            return sockets.accepted + sockets.handedOut
        }) {
            socket.abort(code: 1011, reason: "the object was reset")
        }
    }
}
