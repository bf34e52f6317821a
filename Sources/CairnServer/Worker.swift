public import CairnHTTP
import CairnPlatform

/// A Worker: answers requests, with the help of the objects and namespaces its environment names.
///
///     @main struct RoomWorker: Worker {
///         func fetch(
///             _ request: Request, env: Env, context: ExecutionContext
///         ) async throws -> Response { … }
///     }
///
/// `main()` reads `wrangler.toml`, opens the store and serves until SIGTERM or SIGINT. It takes the
/// options of `wrangler dev`: `--config`, `--ip`, `--port`, `--persist-to`. Exit codes: 0 stopped when
/// asked to, 1 could not start, 64 a wrong command line, 70 the store failed while serving.
public protocol Worker: Sendable {
    /// What the worker's `fetch` and its objects get their bindings from.
    associatedtype Env: WorkerEnvironment

    /// Makes the worker, once for the process.
    init()

    /// Answers one request. Requests run at the same time. An error that is thrown becomes a 500 and
    /// a line in the log.
    func fetch(_ request: Request, env: Env, context: ExecutionContext) async throws -> Response
}

/// The bindings of a worker, by their names in the configuration.
public protocol WorkerEnvironment: Sendable {
    /// Takes what it needs. Runs once for the worker, and once for each object instance, whose
    /// bindings wait for that object's own writes.
    init(bindings: Bindings) throws
}

extension Worker {
    /// Runs the worker as a program.
    @concurrent public static func main() async throws {
        await WorkerProcess.main(Self.self)
    }
}
