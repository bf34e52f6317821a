import CairnHTTP
import Testing

@Suite("WebSocket") struct WebSocketTests {
    @Test func `messages arrive in order, then one close, then nothing`() async {
        let pair = WebSocketPair()
        pair.server.send("a")
        pair.server.send([1, 2])
        pair.server.close(code: 3000, reason: "done")
        pair.server.send("late")
        var events: [WebSocketEvent] = []
        for await event in pair.client.events { events.append(event) }
        #expect(
            events == [
                .message(.text("a")), .message(.binary([1, 2])),
                .close(WebSocketClose(code: 3000, reason: "done", wasClean: true)),
            ])
        #expect(!pair.server.isOpen)
        #expect(pair.client.isOpen)
    }

    @Test func `a reader that waits is woken`() async {
        let pair = WebSocketPair()
        async let first = pair.server.events.first { _ in true }
        await Task.yield()
        pair.client.send("hello")
        #expect(await first == .message(.text("hello")))
    }

    @Test func `a slow reader costs the socket, not the memory`() async {
        let pair = WebSocketPair(byteCountMax: 1000)
        for _ in 0..<20 { pair.server.send([UInt8](repeating: 0, count: 100)) }
        var iterator = pair.client.events.makeAsyncIterator()
        guard case .close(let close) = await iterator.next() else {
            Issue.record("expected a close")
            return
        }
        #expect(close.code == 1008)
        #expect(await iterator.next() == nil)
    }

    @Test func `a held message holds all behind it, and a failed hold ends the socket`() async {
        struct Lost: Error {}
        let pair = WebSocketPair()
        let gate = AsyncStream<Void>.makeStream()
        let stream = gate.stream
        pair.server.setHold {
            { for await _ in stream { return } }
        }
        pair.server.send("held")
        pair.server.setHold { nil }
        pair.server.send("behind")
        pair.server.setHold { { throw Lost() } }
        pair.server.send("lost")
        gate.continuation.yield()
        var iterator = pair.client.events.makeAsyncIterator()
        #expect(await iterator.next() == .message(.text("held")))
        #expect(await iterator.next() == .message(.text("behind")))
        guard case .close(let close) = await iterator.next() else {
            Issue.record("expected a close")
            return
        }
        #expect(close.code == 1011 && !close.wasClean)
        #expect(!pair.server.isOpen)
    }

    @Test func `a sender who may no longer send ends the socket`() async {
        struct Fenced: Error {}
        let pair = WebSocketPair()
        pair.server.setHold { throw Fenced() }
        pair.server.send("refused")
        var iterator = pair.client.events.makeAsyncIterator()
        guard case .close(let close) = await iterator.next() else {
            Issue.record("expected a close")
            return
        }
        #expect(close.code == 1011)
    }

    @Test func `a cancelled reader gets nothing more`() async {
        let pair = WebSocketPair()
        let reader = Task { await pair.client.events.first { _ in true } }
        await Task.yield()
        reader.cancel()
        #expect(await reader.value == nil)
    }
}
