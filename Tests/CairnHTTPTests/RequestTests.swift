import CairnHTTP
import HTTPTypes
import Testing

@Suite("Request") struct RequestTests {
    @Test(
        arguments: [
            ("/room?roomId=lobby", "/room", "lobby"), ("/room", "/room", nil),
            ("https://host/room?roomId=a%20b", "/room", "a b"), ("https://host", "/", nil),
            ("https://host?roomId=x", "/", "x"), ("/a%2Fb?roomId=1+2&roomId=3", "/a/b", "1 2"),
            ("/?roomId", "/", ""), ("/bad%zz?roomId=%e0%a4", "/bad%zz", "%e0%a4"),
            ("/x?a=%2525&roomId=%2561", "/x", "%61"), ("/p?roomId=1#fragment", "/p", "1"),
        ] as [(String, String, String?)])
    func `a URL is split and decoded once`(_ url: String, _ path: String, _ room: String?) {
        let request = Request(url: url)
        #expect(request.path == path)
        #expect(request.query["roomId"] == room)
    }

    @Test func `a body is read whole up to its limit`() async throws {
        #expect(try await Body("text").text() == "text")
        #expect(try await Body("[1,2]").json(as: [Int].self) == [1, 2])
        let chunks = AsyncThrowingStream<[UInt8], any Error> { stream in
            stream.yield([1, 2])
            stream.yield([3])
            stream.finish()
        }
        #expect(try await Body(chunks: chunks).bytes(limit: 3) == [1, 2, 3])
        await #expect(throws: BodyError.tooLarge(limit: 2)) {
            _ = try await Body([1, 2, 3]).bytes(limit: 2)
        }
    }

    @Test func `responses say what they carry`() async throws {
        let json = try Response.json(["b": 1, "a": 2])
        #expect(json.headers[.contentType] == "application/json")
        #expect(try await json.body.text() == #"{"a":2,"b":1}"#)
        let missing: String? = nil
        #expect(try await Response.json(missing).body.text() == "null")
        #expect(Response.text("x", status: .badRequest).status == .badRequest)
        #expect(Response(webSocket: WebSocketPair().client).status == .switchingProtocols)
    }
}
