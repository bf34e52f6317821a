import CairnHTTP
import CairnPlatform
import CairnStore

/// Delivering events: through the input gate in, through the output gate out.
extension ObjectRuntime {
    /// Runs `body` on the object as one event and returns its result once everything the object has
    /// written is durable.
    func deliver<Object: DurableObject, Result: Sendable>(
        to resident: Resident<Object>,
        _ body: @Sendable (isolated Object) async throws -> Result
    ) async throws -> Result {
        let state = resident.state
        let sections = EventContext.sections(of: state.core)
        let (object, hasWaited) = try await resident.object()
        let context = EventContext(core: state.core, executor: state.executor, sections: sections)
        let outcome = await EventContext.$current.withValue(context) {
            await enter(object, resident, hasWaited: hasWaited, body)
        }
        if PlantedBug.errorLeavesEarly.isPlanted, case .failure(let error) = outcome.result {
            throw error
        }
        do {
            try await state.core.settle(try outcome.ticket.get())
        } catch let error as DurableObjectError {
            state.reset(error)
            throw error
        }
        return try outcome.result.get()
    }

    private struct Outcome<Value: Sendable>: Sendable {
        let result: Result<Value, any Error>
        let ticket: Result<CommitTicket?, any Error>
    }

    /// The result, and the ticket of everything written so far: taken in the same job in which the
    /// body ends, so that nothing can come between.
    private func enter<Object: DurableObject, Value: Sendable>(
        _ object: isolated Object, _ resident: Resident<Object>, hasWaited: Bool,
        _ body: @Sendable (isolated Object) async throws -> Value
    ) async -> Outcome<Value> {
        let state = resident.state
        if hasWaited { resident.arrived() }
        let result: Result<Value, any Error>
        do {
            let sections = EventContext.sections(of: state.core)
            var place = try state.inputGate.step(inside: sections)
            while let waiting = place {
                try await waiting.called()
                place = try state.inputGate.step(inside: sections, from: waiting)
            }
            if PlantedBug.awaitBehindGate.isPlanted { await Self.nothing() }
            result = .success(try await body(object))
        } catch {
            result = .failure(error)
        }
        return Outcome(result: result, ticket: Result { try state.core.seal() })
    }

    /// What an await does even when there is nothing to wait for: see `InputGate`.
    private static func nothing() async {
        await withCheckedContinuation { $0.resume() }
    }

    /// Brings a socket's events to its object, one after the other, until it closes.
    func deliverEvents<Object: DurableObject>(
        of socket: WebSocket, to resident: Resident<Object>
    ) {
        let report = components.report
        Task(executorPreference: components.taskExecutor) {
            for await event in socket.events {
                do {
                    try await self.deliver(event, of: socket, to: resident)
                } catch {
                    report(resident.state.id, error)
                }
            }
            resident.state.forget(socket)
        }
    }

    private func deliver<Object: DurableObject>(
        _ event: WebSocketEvent, of socket: WebSocket, to resident: Resident<Object>
    ) async throws {
        retain(resident)
        defer { release(resident) }
        switch event {
        case .message(let message):
            try await deliver(to: resident) { object in
                try await object.webSocketMessage(socket, message)
            }
        case .close(let close):
            resident.state.forget(socket)
            do {
                try await deliver(to: resident) { object in
                    try await object.webSocketClose(
                        socket, code: close.code, reason: close.reason, wasClean: close.wasClean)
                }
            } catch {
                if PlantedBug.closeUnanswered.isPlanted { throw error }
                // No reset knows this socket any more, and the client waits for an answer.
                socket.abort(code: 1011, reason: "the object could not say goodbye")
                throw error
            }
        }
    }
}
