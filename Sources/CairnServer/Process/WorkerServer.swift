import CairnPlatform
public import CairnStore
public import Logging

/// A running worker inside a program of yours, such as a test: what `Worker.main()` runs.
///
///     let server = try await WorkerServer(
///         RoomWorker.self, configuration: "wrangler.toml", directory: "data", port: 0)
///     … "http://127.0.0.1:\(server.port)" …
///     try await server.stop()
public final class WorkerServer<W: Worker>: Sendable {
    /// The address it listens on.
    public let ip: String
    /// The port it listens on.
    public let port: Int
    /// The worker's name in the configuration.
    public let name: String
    /// Keys of the configuration that have no effect, one sentence each.
    public let warnings: [String]
    private let host: WorkerHost<W>
    private let front: HTTPFront
    private let drainLimit: Duration

    /// Why the store can no longer be written to; `nil` while it can. Every request gets 503 from then
    /// on: stop, and start again.
    public var failure: StoreError? { host.store.failure }

    /// Opens the store in `directory` and starts to serve.
    /// - Parameters:
    ///   - configuration: the path of a `wrangler.toml`.
    ///   - ip: the address to listen on; by default `dev.ip` of the configuration, or loopback.
    ///   - port: 0 picks a free one; by default `dev.port` of the configuration, or 8787.
    /// - Throws: `ConfigurationError`, `StoreError`, or what the worker's environment throws.
    public init(
        _ type: W.Type, configuration path: String, directory: String, ip: String? = nil,
        port: Int? = nil, settings: FrontSettings = FrontSettings(),
        logger: Logger = Logger(label: "cairn"), components: StoreComponents = StoreComponents()
    ) async throws {
        let configuration = try WranglerConfiguration.read(path)
        var shown = 0
        let store = try Store.open(at: directory, components: components) { progress in
            // A tenth at a time: most opens are over before the first.
            let tenths = progress.byteCount * 10 / max(1, progress.totalByteCount)
            guard tenths > shown, tenths < 10 else { return }
            shown = tenths
            logger.info("opening the store: \(tenths * 10) % of \(progress.phase.rawValue)")
        }
        do {
            let host = try WorkerHost<W>(
                configuration: configuration, store: store, logger: logger)
            let front = HTTPFront(settings: settings) { request in
                await host.respond(request)
            }
            self.ip = ip ?? configuration.ip ?? "127.0.0.1"
            self.port = try await front.start(
                ip: self.ip, port: port ?? configuration.port ?? 8787)
            (self.host, self.front) = (host, front)
        } catch {
            try? store.close()
            throw error
        }
        name = configuration.name
        warnings = configuration.warnings.map { "\(path): \($0)" }
        drainLimit = settings.drainLimit
    }

    /// Where it listens, as a URL.
    public var url: String {
        ip.contains(":") ? "http://[\(ip)]:\(port)" : "http://\(ip):\(port)"
    }

    /// Takes no more connections, lets requests and background work end, says goodbye to WebSockets,
    /// and closes the store. Each of the two steps takes `FrontSettings.drainLimit` at most.
    /// - Throws: `StoreError` when the store could not be closed as it should.
    public func stop() async throws {
        await front.drain()
        try await host.stop(limit: drainLimit)
    }
}
