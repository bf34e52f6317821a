public import CairnHTTP

/// A named, single-threaded, durable object: an actor with storage of its own.
///
///     actor Counter: DurableObject {
///         let state: DurableObjectState
///         init(state: DurableObjectState, env: Env) { self.state = state }
///
///         func fetch(_ request: Request) async throws -> Response {
///             let count = (try state.storage.get("count", as: Int.self) ?? 0) + 1
///             try state.storage.put("count", count)
///             return try .json(count)
///         }
///     }
///
/// At most one instance of an id is alive. It runs on its own serial queue; between two awaits
/// nothing else of it runs, and all storage writes in between are one atomic commit. Nothing leaves
/// the object (a result, an error, a WebSocket message, a KV write, a call to another object) before
/// everything it has written is durable. An instance may go away at any time when it is idle: what
/// is not in storage is a cache.
public protocol DurableObject: Actor {
    /// What the configuration binds: see `WorkerEnvironment` in CairnServer.
    associatedtype Env: Sendable

    /// The object's identity, storage and gates. Store it in a `let`: it supplies the executor.
    nonisolated var state: DurableObjectState { get }

    /// Makes an instance, before its first event. Storage may be used. For set-up that must wait for
    /// something, start a `state.blockConcurrencyWhile { … }`: events wait until it is done.
    init(state: DurableObjectState, env: Env) throws

    /// Answers a request that a stub passes on.
    func fetch(_ request: Request) async throws -> Response

    /// A message on a WebSocket that `state.acceptWebSocket` took in. One at a time per socket.
    func webSocketMessage(_ socket: WebSocket, _ message: WebSocketMessage) async throws

    /// The end of a WebSocket that `state.acceptWebSocket` took in.
    func webSocketClose(
        _ socket: WebSocket, code: Int, reason: String, wasClean: Bool) async throws
}

extension DurableObject {
    /// The object's own serial executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe state.executor.asUnownedSerialExecutor()
    }

    /// A class without `fetch` refuses requests.
    public func fetch(_ request: Request) async throws -> Response {
        throw DurableObjectError(.notImplemented, "Handler does not export a fetch() function.")
    }

    /// A class without a handler ignores messages, as at Cloudflare.
    public func webSocketMessage(_ socket: WebSocket, _ message: WebSocketMessage) async throws {}

    /// A class without a handler answers the close with its own code.
    public func webSocketClose(
        _ socket: WebSocket, code: Int, reason: String, wasClean: Bool
    ) async throws {
        socket.close(code: wasClean ? code : 1000, reason: reason)
    }
}
