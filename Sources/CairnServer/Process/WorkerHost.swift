import CairnHTTP
import CairnObjects
import CairnStore
import HTTPTypes
import Logging

/// A worker on an open store: turns requests into responses, whatever the worker does.
final class WorkerHost<W: Worker>: Sendable {
    let store: Store
    private let runtime: ObjectRuntime
    private let worker: W
    private let env: W.Env
    private let background: BackgroundWork
    private let logger: Logger
    /// Keeps what environments of objects are made from.
    private let bindings: BindingHost

    /// Prepares the worker; everything its environment asks for must be configured.
    /// - Throws: `ConfigurationError`, `StoreError`, or what the environment itself throws.
    init(configuration: WranglerConfiguration, store: Store, logger: Logger) throws {
        self.store = store
        self.logger = logger
        runtime = ObjectRuntime(
            store: store,
            components: ObjectComponents { id, error in
                logger.error(
                    "an object's WebSocket handler failed",
                    metadata: [
                        "object": "\(id)", "error": "\(error)",
                    ])
            })
        background = BackgroundWork { error in
            logger.error("background work failed", metadata: ["error": "\(error)"])
        }
        bindings = BindingHost(configuration: configuration, store: store, runtime: runtime)
        env = try W.Env(bindings: Bindings(host: bindings))
        worker = W()
        for name in bindings.unused {
            logger.warning("the binding \"\(name)\" is configured and the worker does not use it")
        }
    }

    /// Answers a request: with what the worker says, or with what is wrong.
    func respond(_ request: Request) async -> Response {
        if let failure = store.failure { return Self.unavailable(failure) }
        do {
            return try await worker.fetch(
                request, env: env, context: ExecutionContext(background: background))
        } catch BodyError.tooLarge(let limit) {
            return .text(
                "The request's body is too large: at most \(limit) bytes are taken.\n",
                status: .contentTooLarge)
        } catch BodyError.incomplete {
            return .text("The request's body ended in the middle.\n", status: .badRequest)
        } catch {
            if let failure = store.failure { return Self.unavailable(failure) }
            logger.error(
                "the worker's fetch failed",
                metadata: ["url": "\(request.url)", "error": "\(error)"])
            if let error = error as? DurableObjectError, error.isOverloaded || error.isRetryable {
                return .text("\(error.message)\n", status: .serviceUnavailable)
            }
            return .text("Internal Server Error\n", status: .internalServerError)
        }
    }

    private static func unavailable(_ failure: StoreError) -> Response {
        .text(
            "The store has failed and the server is stopping: \(failure.message)\n",
            status: .serviceUnavailable)
    }

    /// Waits for background work, lets all objects go and closes the store.
    func stop(limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while background.pending > 0 && ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        await runtime.shutdown(limit: limit)
        try store.close()
    }
}
