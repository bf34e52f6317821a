import CairnHTTP
import CairnPlatform
import CairnTestSupport
import Testing

@testable import CairnServer

@Suite("WebSocket front") struct WebSocketFrontTests {
    /// Sends back what comes, and keeps a log of how sockets end.
    private func echo(
        _ log: Locked<[String]> = Locked([]), settings: FrontSettings = FrontSettings()
    ) async throws -> FrontServer {
        try await FrontServer(settings: settings) { request in
            guard request.isWebSocketUpgrade || request.path == "/always" else {
                return .text("plain")
            }
            let pair = WebSocketPair()
            Task {
                for await event in pair.server.events {
                    switch event {
                    case .message(let message): pair.server.send(message)
                    case .close(let close):
                        log.withLock { $0.append("\(close.code) \(close.wasClean)") }
                        pair.server.close(code: close.wasClean ? close.code : 1000)
                    }
                }
            }
            return Response(webSocket: pair.client)
        }
    }

    @Test func `the upgrade answers the key, on a connection that was used before`() async throws {
        let server = try await echo()
        try await server.converse { client in
            #expect(try client.request("GET", "/").text == "plain")
            let response = try client.upgrade("/")
            #expect(response.status == 101)
            // The example of RFC 6455, 1.3.
            #expect(response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            #expect(response.headers["upgrade"] == "websocket")
            try client.sendText("hello")
            #expect(try client.readFrame()?.text == "hello")
        }
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 1 << 20])
    func `messages of every length class come back whole`(count: Int) async throws {
        let server = try await echo()
        try await server.converse { client in
            _ = try client.upgrade("/")
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try client.sendFrame(2, bytes)
            let frame = try client.readFrame()
            #expect(frame?.opcode == 2)
            #expect(frame?.payload == bytes)
        }
    }

    @Test func `fragments are put together, pings are answered in between`() async throws {
        let server = try await echo()
        try await server.converse { client in
            _ = try client.upgrade("/")
            try client.sendFrame(1, Array("one ".utf8), isFinal: false)
            try client.sendFrame(9, [1, 2, 3])
            try client.sendFrame(0, Array("two ".utf8), isFinal: false)
            try client.sendFrame(0, Array("three".utf8))
            #expect(try client.readFrame()?.payload == [1, 2, 3])
            #expect(try client.readFrame()?.text == "one two three")
        }
    }

    @Test func `a message over the limit ends the socket with 1009`() async throws {
        let log = Locked<[String]>([])
        var settings = FrontSettings()
        settings.messageByteCountMax = 1000
        let server = try await echo(log, settings: settings)
        for isFragmented in [false, true] {
            try await server.converse { client in
                _ = try client.upgrade("/")
                try client.sendFrame(2, [UInt8](repeating: 1, count: 1000))
                #expect(try client.readFrame()?.payload.count == 1000)
                if isFragmented {
                    try client.sendFrame(2, [UInt8](repeating: 1, count: 900), isFinal: false)
                    try client.sendFrame(0, [UInt8](repeating: 1, count: 900))
                } else {
                    try client.sendFrame(2, [UInt8](repeating: 1, count: 1001))
                }
                #expect(try client.readFrame()?.closeCode == 1009)
                #expect(try client.readFrame() == nil)
            }
        }
        while log.withLock({ $0.count < 2 }) { await Task.yield() }
        #expect(log.withLock { $0 } == ["1009 false", "1009 false"])
    }

    @Test func `frames that break the protocol end the socket with the right code`() async throws {
        let server = try await echo()
        let cases: [(code: Int, send: @Sendable (RawClient) throws -> Void)] = [
            (1007, { try $0.sendFrame(1, [0xFF, 0xFE]) }),
            (1002, { try $0.sendFrame(1, [65], isMasked: false) }),
            (1002, { try $0.sendFrame(9, [UInt8](repeating: 0, count: 126)) }),
            (1002, { try $0.sendFrame(0, [65]) }),
            (
                1002,
                {
                    try $0.sendFrame(1, [65], isFinal: false)
                    try $0.sendFrame(1, [65])
                }
            ),
        ]
        for (code, send) in cases {
            try await server.converse { client in
                _ = try client.upgrade("/")
                try send(client)
                #expect(try client.readFrame()?.closeCode == code)
                #expect(try client.readFrame() == nil)
            }
        }
    }

    @Test func `closing goes both ways, once`() async throws {
        let log = Locked<[String]>([])
        let server = try await echo(log)
        try await server.converse { client in
            _ = try client.upgrade("/")
            try client.sendFrame(8, [0x0B, 0xB9] + Array("bye".utf8))
            #expect(try client.readFrame()?.closeCode == 3001)
            #expect(try client.readFrame() == nil)
        }
        #expect(log.withLock { $0 } == ["3001 true"])
    }

    @Test func `FM34 a client that vanishes is a close with 1006`() async throws {
        let log = Locked<[String]>([])
        let server = try await echo(log)
        try await server.converse { client in _ = try client.upgrade("/") }
        while log.withLock({ $0.isEmpty }) { await Task.yield() }
        #expect(log.withLock { $0 } == ["1006 false"])
    }

    @Test func `who does not ask for a WebSocket, or for another version, gets 426`() async throws {
        let server = try await echo()
        try await server.converse { client in
            let response = try client.request("GET", "/always")
            #expect(response.status == 426)
        }
        try await server.converse { client in
            let response = try client.request(
                "GET", "/",
                headers: [
                    "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 8",
                    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
                ])
            #expect(response.status == 426)
        }
    }

    @Test func `draining says goodbye with 1001`() async throws {
        let log = Locked<[String]>([])
        let server = try await echo(log)
        let isUp = Locked(false)
        let conversation = Task {
            try await server.converse { client in
                _ = try client.upgrade("/")
                isUp.withLock { $0 = true }
                let close = try client.readFrame()
                try client.sendFrame(8, [0x03, 0xE9])
                return close?.closeCode
            }
        }
        while !isUp.withLock({ $0 }) { await Task.yield() }
        await server.front.drain()
        #expect(try await conversation.value == 1001)
        #expect(server.front.connectionCount == 0)
        #expect(log.withLock { $0 } == ["1001 false"])
    }

    @Test func `a client that does not read costs no more than the bound`() async throws {
        let sent = Locked(0)
        let server = try await FrontServer { _ in
            let pair = WebSocketPair(byteCountMax: 1 << 20)
            Task {
                while pair.server.isOpen {
                    pair.server.send([UInt8](repeating: 1, count: 64 << 10))
                    sent.withLock { $0 += 1 }
                    await Task.yield()
                }
            }
            return Response(webSocket: pair.client)
        }
        let conversation = Task {
            try await server.converse { client in
                _ = try client.upgrade("/")
                while true {
                    guard let frame = try client.readFrame() else { return 0 }
                    if let code = frame.closeCode { return code }
                    // Slower than the sender: the socket is lost, the server is not.
                }
            }
        }
        let code = try await conversation.value
        #expect(code == 1008)
    }
}
