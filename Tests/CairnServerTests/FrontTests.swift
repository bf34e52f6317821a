import CairnHTTP
import CairnPlatform
import CairnTestSupport
import HTTPTypes
import Testing

@testable import CairnServer

@Suite("HTTP front") struct FrontTests {
    /// Tells what arrived.
    private static let echo: @Sendable (Request) async -> Response = { request in
        do {
            let body = try await request.body.text()
            return .text("\(request.method) \(request.url) \(body)")
        } catch {
            return .text("\(error)", status: .badRequest)
        }
    }

    @Test func `requests on one connection are answered one after the other`() async throws {
        let server = try await FrontServer(respond: Self.echo)
        try await server.converse { client in
            #expect(try client.request("GET", "/a?b=c").text == "GET /a?b=c ")
            let posted = try client.request("POST", "/p", body: "hello")
            #expect(posted.text == "POST /p hello")
            #expect(posted.headers["content-length"] == "13")
            #expect(posted.headers["date"]?.hasSuffix(" GMT") == true)
            #expect(posted.headers["connection"] == nil)
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        let server = try await FrontServer { request in
            // The first takes longest.
            for _ in 0..<(request.path == "/0" ? 500 : 1) { await Task.yield() }
            return .text(request.path)
        }
        try await server.converse { client in
            try client.send(
                (0..<10).map { "GET /\($0) HTTP/1.1\r\nhost: x\r\n\r\n" }.joined())
            for number in 0..<10 { #expect(try client.readResponse().text == "/\(number)") }
        }
    }

    @Test func `HEAD has the length and no body, 204 has neither`() async throws {
        let server = try await FrontServer { request in
            request.path == "/none" ? Response(status: .noContent) : .text("hello")
        }
        try await server.converse { client in
            let head = try client.request("HEAD", "/")
            #expect(head.headers["content-length"] == "5")
            let none = try client.request("GET", "/none")
            #expect(none.status == 204)
            #expect(none.headers["content-length"] == nil)
            #expect(try client.request("GET", "/").text == "hello")
        }
    }

    @Test func `bodies stream both ways in chunks`() async throws {
        let server = try await FrontServer { request in
            Response(body: request.body)
        }
        try await server.converse { client in
            try client.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            try client.send("5\r\nhello\r\n")
            // The answer begins before the request has ended.
            #expect(try client.readLine() == "HTTP/1.1 200 OK")
            while let line = try client.readLine(), !line.isEmpty {}
            #expect(try client.readLine() == "5")
            #expect(try client.readLine() == "hello")
            try client.send("6\r\n world\r\n0\r\n\r\n")
            #expect(try client.readLine() == "6")
            #expect(try client.readLine() == " world")
            #expect(try client.readLine() == "0")
            #expect(try client.readLine() == "")
            #expect(try client.request("POST", "/", body: "again").text == "again")
        }
    }

    @Test func `a body that nobody reads makes its sender wait, not the server grow`() async throws
    {
        let (started, go) = (Locked(false), Locked(false))
        let server = try await FrontServer { request in
            started.withLock { $0 = true }
            while !go.withLock({ $0 }) { await Task.yield() }
            let count = (try? await request.body.bytes(limit: 64 << 20).count) ?? -1
            return .text("\(count)")
        }
        let sent = Locked(0)
        let conversation = Task {
            try await server.converse { client in
                let chunk = [UInt8](repeating: 7, count: 1 << 20)
                try client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: \(32 << 20)\r\n\r\n")
                for _ in 0..<32 {
                    try client.send(chunk)
                    sent.withLock { $0 += 1 }
                }
                return try client.readResponse().text
            }
        }
        while !started.withLock({ $0 }) { await Task.yield() }
        var (last, rounds) = (-1, 0)
        // Until it has stood still for a while.
        while rounds < 2000 {
            await Task.yield()
            let now = sent.withLock { $0 }
            rounds = now == last ? rounds + 1 : 0
            last = now
        }
        #expect(last < 32, "everything was taken in")
        go.withLock { $0 = true }
        #expect(try await conversation.value == "\(32 << 20)")
    }

    @Test func `a body over the limit gets 413, declared or not`() async throws {
        var settings = FrontSettings()
        settings.bodyByteCountMax = 1000
        let server = try await FrontServer(settings: settings, respond: Self.echo)
        try await server.converse { client in
            let fits = String(repeating: "a", count: 1000)
            #expect(try client.request("POST", "/", body: fits).status == 200)
            let refused = try client.request("POST", "/", body: fits + "a")
            #expect(refused.status == 413)
            #expect(refused.text.contains("at most 1000 bytes"))
            #expect(refused.headers["connection"] == "close")
            #expect(try client.readAll().isEmpty)
        }
        try await server.converse { client in
            try client.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            for _ in 0..<3 { try client.send("190\r\n\(String(repeating: "b", count: 400))\r\n") }
            #expect(try client.readResponse().status == 413)
            #expect(try client.readAll().isEmpty)
        }
    }

    @Test func `headers over the limit get 431`() async throws {
        let server = try await FrontServer(respond: Self.echo)
        for count in [40_000, 200_000] {
            try await server.converse { client in
                try? client.send(
                    "GET / HTTP/1.1\r\nhost: x\r\na: \(String(repeating: "x", count: count))\r\n\r\n"
                )
                let response = try client.readResponse()
                #expect(response.status == 431, "\(count)")
            }
        }
    }

    @Test(arguments: [
        "NONSENSE\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", "GET / HTTP/1.1\r\nhost x\r\n\r\n",
        "GET / HTTP/1.1\r\nho st: x\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\n",
    ])
    func `malformed HTTP gets one 400 and the connection ends`(text: String) async throws {
        let server = try await FrontServer(respond: Self.echo)
        try await server.converse { client in
            try client.send(text)
            client.finishSending()
            let answer = String(decoding: try client.readAll(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer)")
            #expect(answer.components(of: "HTTP/1.1 400") == 1, "\(answer)")
        }
        // And the next client is served as before.
        let response = try await server.converse { client in try client.request("GET", "/") }
        #expect(response.status == 200)
    }

    @Test func `a chunk that is none ends the request, whatever the worker makes of it`()
        async throws
    {
        let server = try await FrontServer(respond: Self.echo)
        try await server.converse { client in
            try client.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            try client.send("zz\r\nhello\r\n")
            let answer = String(decoding: try client.readAll(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
            #expect(answer.components(of: "HTTP/1.1 400") == 1, "\(answer)")
        }
    }

    @Test func `a client that asks first is told to go on`() async throws {
        let server = try await FrontServer(respond: Self.echo)
        try await server.converse { client in
            try client.send(
                "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n")
            #expect(try client.readResponse().status == 100)
            try client.send("ok")
            #expect(try client.readResponse().text == "POST / ok")
        }
    }

    @Test func `HTTP/1.0 and connection: close end the connection`() async throws {
        let server = try await FrontServer(respond: Self.echo)
        for text in [
            "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        ] {
            try await server.converse { client in
                try client.send(text)
                let response = try client.readResponse()
                #expect(response.text == "GET / ")
                #expect(response.headers["connection"] == "close")
                #expect(try client.readAll().isEmpty)
            }
        }
    }

    @Test func `a client that says no more still gets its answer`() async throws {
        let server = try await FrontServer { request in
            for _ in 0..<300 { await Task.yield() }
            return .text("late")
        }
        try await server.converse { client in
            try client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            client.finishSending()
            #expect(try client.readResponse().text == "late")
        }
    }

    @Test func `a worker cannot cut a response in two, nor set its framing`() async throws {
        let server = try await FrontServer { _ in
            var response = Response.text("body")
            response.headers[.contentLength] = "9999"
            response.headers[.transferEncoding] = "chunked"
            response.headers[.init("x-evil")!] = "a\r\n\r\nHTTP/1.1 200 OK"
            return response
        }
        try await server.converse { client in
            let response = try client.request("GET", "/")
            #expect(response.headers["content-length"] == "4")
            #expect(response.headers["transfer-encoding"] == nil)
            #expect(response.text == "body")
            #expect(try client.request("GET", "/").text == "body")
        }
    }

    @Test func `FM34 a client that goes away ends the body it was sending`() async throws {
        let outcome = Locked("")
        let server = try await FrontServer { request in
            let result: String
            do { result = try await request.body.text() } catch { result = "\(error)" }
            outcome.withLock { $0 = result }
            return .text("nobody sees this")
        }
        try await server.converse { client in
            try client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf")
        }
        while outcome.withLock({ $0.isEmpty }) { await Task.yield() }
        #expect(outcome.withLock { $0 } == "incomplete")
    }

    @Test func `draining answers what is under way and refuses the rest`() async throws {
        let (go, isServing) = (Locked(false), Locked(false))
        let server = try await FrontServer { _ in
            isServing.withLock { $0 = true }
            while !go.withLock({ $0 }) { await Task.yield() }
            return .text("done")
        }
        let busy = Task {
            try await server.converse { client in
                try client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                let response = try client.readResponse()
                #expect(try client.readAll().isEmpty)
                return response
            }
        }
        let idle = Task {
            try await server.converse { client in try client.readAll() }
        }
        while server.front.connectionCount < 2 || !isServing.withLock({ $0 }) {
            await Task.yield()
        }
        let drained = Task { await server.front.drain() }
        #expect(try await idle.value.isEmpty)
        await #expect(throws: RawClient.Failure.self) { try await server.converse { _ in } }
        go.withLock { $0 = true }
        let response = try await busy.value
        #expect(response.text == "done")
        await drained.value
        #expect(server.front.connectionCount == 0)
    }

    @Test func `dates are HTTP's`() {
        #expect(
            HTTPConversion.date(secondsSinceEpoch: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPConversion.date(secondsSinceEpoch: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(
            HTTPConversion.date(secondsSinceEpoch: 1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT"
        )
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
