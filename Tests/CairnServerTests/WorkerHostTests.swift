import ArgumentParser
import Cairn
import CairnFiles
import CairnPlatform
import CairnStore
import CairnTestSupport
import Foundation
import Logging
import Testing

@testable import CairnServer

/// What the workers of these tests are bound to.
struct HostEnv: WorkerEnvironment {
    let settings: KVNamespace
    let counters: DurableObjectNamespace<HostCounter>

    init(bindings: Bindings) throws {
        settings = try bindings.kvNamespace("KV")
        counters = try bindings.durableObjects("COUNTERS", HostCounter.self)
    }
}

actor HostCounter: DurableObject {
    let state: DurableObjectState
    init(state: DurableObjectState, env: HostEnv) { self.state = state }

    func fetch(_ request: Request) async throws -> Response {
        let count = (try state.storage.get("count", as: Int.self) ?? 0) + 1
        try state.storage.put("count", count)
        return try .json(count)
    }
}

struct HostWorker: Worker {
    struct Oops: Error {}

    func fetch(
        _ request: Request, env: HostEnv, context: ExecutionContext
    ) async throws -> Response {
        switch request.path {
        case "/count": return try await env.counters.getByName("one").fetch(request)
        case "/throws": throw Oops()
        case "/small": return .text(try await request.body.text(limit: 10))
        case "/later":
            context.waitUntil {
                for _ in 0..<200 { await Task.yield() }
                try await env.settings.put("later", "done")
            }
            return .text("soon")
        default: return .text("hello")
        }
    }
}

@Suite("Worker host") struct WorkerHostTests {
    private static let configuration = """
        name = "host"
        kv_namespaces = [{ binding = "KV", id = "kv" }]
        durable_objects.bindings = [{ name = "COUNTERS", class_name = "HostCounter" }]
        """

    private func host(
        _ configuration: String, _ directory: TemporaryDirectory
    ) throws -> WorkerHost<HostWorker> {
        try WorkerHost<HostWorker>(
            configuration: .parse(configuration, path: "wrangler.toml"),
            store: try Store.open(at: directory.path), logger: Logger(label: "test"))
    }

    @Test(arguments: [
        (
            "",
            """
            wrangler.toml: the worker asks for the KV namespace "KV", which is not bound; it should say
                [[kv_namespaces]]
                binding = "KV"
                id = "…"
            """
        ),
        (
            "kv_namespaces = [{ binding = \"KV\" }]\n"
                + "durable_objects.bindings = [{ name = \"COUNTER\", class_name = \"HostCounter\" }]",
            """
            wrangler.toml: the worker asks for the Durable Objects "COUNTERS", which are not bound \
            (it binds COUNTER); it should say
                [[durable_objects.bindings]]
                name = "COUNTERS"
                class_name = "HostCounter"
            """
        ),
        (
            "kv_namespaces = [{ binding = \"KV\" }]\n"
                + "durable_objects.bindings = [{ name = \"COUNTERS\", class_name = \"Counter\" }]",
            """
            wrangler.toml: the Durable Object binding "COUNTERS" has the class_name "Counter", the \
            worker binds it to the class "HostCounter"; it should say
                class_name = "HostCounter"
            """
        ),
    ])
    func `what the worker asks for and the configuration lacks is refused`(
        configuration: String, expected: String
    ) throws {
        let directory = try TemporaryDirectory("host")
        let error = #expect(throws: ConfigurationError.self) {
            try host(configuration, directory)
        }
        #expect(error?.description == expected)
    }

    @Test func `an error of the worker is a 500 without its text, and the next request is served`()
        async throws
    {
        let directory = try TemporaryDirectory("host")
        let host = try host(Self.configuration, directory)
        let response = await host.respond(Request(url: "/throws"))
        #expect(response.status == .internalServerError)
        #expect(try await response.body.text() == "Internal Server Error\n")
        #expect(await host.respond(Request(url: "/")).status == .ok)
        let long = Request(method: .post, url: "/small", body: Body("more than ten bytes"))
        #expect(await host.respond(long).status == .contentTooLarge)
        try await host.stop(limit: .seconds(120))
    }

    @Test func `stopping waits for work in the background`() async throws {
        let directory = try TemporaryDirectory("host")
        let first = try host(Self.configuration, directory)
        #expect(await first.respond(Request(url: "/later")).status == .ok)
        try await first.stop(limit: .seconds(120))
        let store = try Store.open(at: directory.path)
        let value = try await KVNamespace(id: "kv", store: store).get("later")
        #expect(value == "done")
    }

    @Test func `a store that fails while serving: 503 with a reason, drain, exit code 70`()
        async throws
    {
        let directory = try TemporaryDirectory("host")
        let file = directory.path + "/wrangler.toml"
        try Data(Self.configuration.utf8).write(to: URL(fileURLWithPath: file))
        let data = directory.path + "/data"
        let options = try ServeOptions.parse([
            "--config", file, "--port", "0", "--persist-to", data,
        ])
        let disk = FaultyFileSystem()
        let (stop, never) = AsyncStream.makeStream(of: Void.self)
        let ready = Locked("")
        let server = Task {
            try await WorkerProcess.serve(
                HostWorker.self, options, Logger(label: "test"), until: stop,
                components: StoreComponents(fileSystem: disk)
            ) { line in ready.withLock { $0 = line } }
        }
        while ready.withLock({ $0.isEmpty }) { await Task.yield() }
        let port = try #require(
            ready.withLock { $0.split(separator: ":").last.flatMap { Int($0) } })
        #expect(ready.withLock { $0 } == "host ready on http://127.0.0.1:\(port)")
        try await onThread {
            let client = try RawClient(port: port)
            #expect(try client.request("GET", "/count").text == "1")
            disk.failAll(.synchronize)
            for _ in 0..<2 {
                let refused = try client.request("GET", "/count")
                #expect(refused.status == 503)
                #expect(refused.text.contains("The store has failed and the server is stopping"))
                #expect(refused.text.contains("cannot write the log"))
            }
            disk.setRule(nil)
        }
        #expect(try await server.value == 70)
        withExtendedLifetime(never) {}
        await #expect(throws: RawClient.Failure.self) {
            try await onThread { _ = try RawClient(port: port) }
        }
        // What was acknowledged is there; what got 503 is there or not.
        let again = try Store.open(at: data)
        let objects = again.keyspaces(prefix: "do/host-HostCounter/")
        let keyspace = try again.keyspace(try #require(objects.first))
        let count = try #require(try keyspace.get("count"))
        #expect(count[1] == 1 || count[1] == 2)
    }

    @Test func `a class's objects are found again under the key of their first start`() async throws
    {
        let directory = try TemporaryDirectory("host")
        for expected in ["1", "2"] {
            let host = try host(Self.configuration, directory)
            let response = await host.respond(Request(url: "/count"))
            #expect(try await response.body.text() == expected)
            try await host.stop(limit: .seconds(120))
        }
    }
}
