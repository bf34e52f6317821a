public import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a client gets, as a value: nothing of sockets or servers.
public struct Response: Sendable {
    /// 200, 404, …
    public var status: HTTPResponse.Status
    /// The header fields. The server adds `content-length` or `transfer-encoding`, and `date`.
    public var headers: HTTPFields
    /// The body; empty by default.
    public var body: Body
    /// With status 101: the end of a pair that the server joins to the client's connection.
    public var webSocket: WebSocket?

    /// Makes a response.
    public init(
        status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: Body = Body()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Accepts a WebSocket: hand in the pair's `client`, keep its `server`.
    public init(webSocket client: WebSocket) {
        self.init(status: .switchingProtocols)
        webSocket = client
    }

    /// The JSON of `value`; `null` for `nil`.
    /// - Throws: `EncodingError` when the value has no JSON.
    public static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: Body(Array(try encoder.encode(value))))
    }

    /// Plain text.
    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: Body(text))
    }

    /// A page.
    public static func html(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"], body: Body(html))
    }
}
