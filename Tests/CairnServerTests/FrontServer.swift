import CairnHTTP
import CairnPlatform
import CairnTestSupport
import Testing

@testable import CairnServer

/// A front with a handler of the test's own, on a free port.
struct FrontServer: Sendable {
    let front: HTTPFront
    let port: Int

    init(
        settings: FrontSettings = FrontSettings(),
        respond: @escaping @Sendable (Request) async -> Response
    ) async throws {
        front = HTTPFront(settings: settings, respond: respond)
        port = try await front.start(ip: "127.0.0.1", port: 0)
    }

    /// Runs a blocking conversation with the server on a thread of its own.
    func converse<Result: Sendable>(
        _ body: @escaping @Sendable (RawClient) throws -> Result
    ) async throws -> Result {
        let port = port
        return try await onThread { try body(RawClient(port: port)) }
    }
}
