public import HTTPTypes

/// What a client asks for, as a value: nothing of sockets or servers.
public struct Request: Sendable {
    /// `GET`, `POST`, …
    public var method: HTTPRequest.Method
    /// The target as it was sent: `/room?roomId=lobby`, or an absolute URL.
    public var url: String
    /// The header fields.
    public var headers: HTTPFields
    /// The body; empty when there is none.
    public var body: Body

    /// Makes a request, such as one for a Durable Object's stub.
    public init(
        method: HTTPRequest.Method = .get, url: String, headers: HTTPFields = [:],
        body: Body = Body()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// The path, percent-decoded once: `/room`. A path that does not decode stays as it was sent.
    public var path: String {
        let raw = pathAndQuery.path
        return PercentEncoding.decode(raw, plusIsSpace: false) ?? String(raw)
    }

    /// The parameters behind the question mark, percent-decoded once.
    public var query: QueryParameters { QueryParameters(pathAndQuery.query) }

    /// Whether the client asks to go on as a WebSocket (RFC 6455, 4.2.1).
    public var isWebSocketUpgrade: Bool {
        headers[.upgrade]?.lowercased() == "websocket"
    }

    private var pathAndQuery: (path: Substring, query: Substring) {
        var rest = url[...]
        if let scheme = rest.firstRange(of: "://") {
            let authority = rest[scheme.upperBound...]
            rest = authority.firstIndex { $0 == "/" || $0 == "?" }.map { authority[$0...] } ?? "/"
        }
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        guard let mark = rest.firstIndex(of: "?") else { return (rest.isEmpty ? "/" : rest, "") }
        let path = rest[..<mark]
        return (path.isEmpty ? "/" : path, rest[rest.index(after: mark)...])
    }
}
