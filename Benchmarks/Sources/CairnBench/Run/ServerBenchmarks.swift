import Cairn
import CairnStore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct BenchWorker: Worker {
    func fetch(
        _ request: Request, env: BenchEnv, context: ExecutionContext
    ) async throws -> Response {
        guard let name = request.query["object"] else { return .text("hello from a worker") }
        return try await env.objects.getByName(name).fetch(request)
    }
}

/// The whole way: HTTP on loopback, the worker, an object, and back. Client and server share the
/// machine.
enum ServerBenchmarks {
    static let all: [Benchmark] = [
        fetch("HTTP to the worker, 64 connections", 64, .GET, "/"),
        fetch("HTTP to an object", 1, .GET, "/?object=one"),
        fetch("HTTP to an object, 64 connections", 64, .GET, "/?object=one"),
        fetch("HTTP to 64 objects that write", 64, .POST, nil),
    ]

    private static func fetch(
        _ name: String, _ connections: Int, _ method: HTTPMethod, _ target: String?
    ) -> Benchmark {
        Benchmark(name: name) { plan, directory in
            let configuration = directory + "/wrangler.toml"
            try """
            name = "bench"
            durable_objects.bindings = [{ name = "OBJECTS", class_name = "BenchObject" }]
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            let server = try await WorkerServer(
                BenchWorker.self, configuration: configuration, directory: directory + "/data",
                port: 0)
            let result = try await HTTPLoad.run(
                port: server.port, duration: plan.duration, connections: connections
            ) { connection in
                HTTPRequestHead(
                    version: .http1_1, method: method, uri: target ?? "/?object=\(connection)",
                    headers: ["host": "bench"])
            }
            try await server.stop()
            return result
        }
    }
}
