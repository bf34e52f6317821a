public import CairnHTTP
import CairnPlatform

/// Where an object is called: the only way in from outside.
///
/// A call from inside an object waits until that object's own writes are durable before it leaves. Its
/// result comes back once the called object's writes are durable; when they cannot be, the result
/// is replaced by an error and the called object is reset.
public struct DurableObjectStub<Object: DurableObject>: Sendable {
    let namespace: DurableObjectNamespace<Object>
    /// The object's id.
    public let id: DurableObjectID

    /// The name the id was made from, if it was made from one.
    public var name: String? { id.name }

    /// Passes a request on to the object's `fetch`.
    /// - Throws: what the object throws; `DurableObjectError` when it was reset or could not start.
    public func fetch(_ request: Request) async throws -> Response {
        try await passOwnGate()
        var request = request
        // Chunks that an object makes as they are read come out of it then, not now.
        let origin = ObjectCore.current?.executor ?? EventContext.current?.executor
        if let origin { request.body = request.body.gated(by: origin.gate) { nil } }
        let sent = request
        let runtime = namespace.runtime
        let resident = try runtime.lease(id, in: namespace)
        defer { runtime.release(resident) }
        var response = try await runtime.deliver(to: resident) { object in
            let response = try await object.fetch(sent)
            if let socket = response.webSocket { object.state.handOut(socket) }
            return response
        }
        response.body = response.body.gated(by: resident.state.outputGate) {
            runtime.retain(resident)
            return StreamLease { runtime.release(resident) }
        }
        if let origin { response.webSocket?.setHold { try origin.holdForOutbound() } }
        return response
    }

    /// Runs `body` on the object.
    ///
    ///     let count = try await stub.call { counter in try counter.increment() }
    ///
    /// The closure is isolated to the object; between two awaits nothing else of it runs. It cannot
    /// leave the process: `fetch` is the portable form.
    /// - Throws: what `body` throws; `DurableObjectError` when the object was reset.
    public func call<Result: Sendable>(
        _ body: @Sendable (isolated Object) async throws -> Result
    ) async throws -> Result {
        try await passOwnGate()
        let runtime = namespace.runtime
        let resident = try runtime.lease(id, in: namespace)
        defer { runtime.release(resident) }
        return try await runtime.deliver(to: resident, body)
    }

    /// A call out of an object waits for the object's own writes, and is not made when the object has
    /// ended meanwhile.
    private func passOwnGate() async throws {
        if let origin = ObjectCore.current {
            let ticket = try origin.seal()
            if PlantedBug.callLeavesEarly.isPlanted { return }
            try await origin.settle(ticket)
            if let fence = origin.standing { throw fence }
        } else if let origin = EventContext.current {
            // In a child task of an object's event, off its executor.
            try await origin.core.settle(try await origin.executor.sealed())
            if let fence = origin.core.standing { throw fence }
        }
    }
}
