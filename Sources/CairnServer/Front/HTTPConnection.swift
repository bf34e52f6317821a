import CairnHTTP
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// One client's connection while it speaks HTTP/1.1: one request after the other.
///
/// Stands behind NIO's decoder and pipeline handler, which hold back the next request until the
/// response to this one has been written. Lives on its event loop.
///
/// Invariants
/// - One response for each request. What the worker answers to a request that was given up (bad
///   framing, lost connection) is thrown away: it carries an old `exchange` number.
/// - A connection that waits for the client, for a head or for more of a body, has a `deadline`.
/// - Reading from the socket stops while a body's reader is behind.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The request being received or answered.
    private struct Exchange {
        let number: Int
        let head: HTTPRequestHead
        /// Where parts of the body go; `nil` when nobody wants them.
        var body: RequestBody?
        var receivedByteCount = 0
        var isReceived = false
        var isAnswering = false
        var isAnswered = false
    }

    private let front: HTTPFront
    private var exchange: Exchange?
    private var exchangeCount = 0
    private var closesAfterwards = false
    /// The last answer has been given; whatever still comes is thrown away.
    private var isRefused = false
    private var isReadHeld = false
    private var deadline: NIODeadline?
    private var deadlineTask: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(front: HTTPFront) { self.front = front }

    // MARK: The connection's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        front.add(self, context.channel)
        expectClient(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        front.remove(self)
        deadlineTask?.cancel()
        deadlineTask = nil
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        exchange?.body?.fail(.incomplete)
        exchange = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        exchange?.body?.fail(.incomplete)
        if exchange?.isAnswering == true || isRefused {
            context.close(promise: nil)
            return
        }
        let status: HTTPResponseStatus =
            error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest
        refuse(context, status, "The request is not HTTP/1.1 as it should be: \(error).")
    }

    /// Ends the connection as soon as nothing is under way.
    func drain() {
        closesAfterwards = true
        if exchange == nil { context?.close(promise: nil) }
    }

    func read(context: ChannelHandlerContext) {
        if exchange?.body?.isFull == true {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    private func resumeReading() {
        guard isReadHeld, let context else { return }
        isReadHeld = false
        context.read()
    }

    /// Gives the client a while for what it owes.
    private func expectClient(_ context: ChannelHandlerContext) {
        let limit = TimeAmount(front.settings.receiveLimit)
        deadline = .now() + limit
        guard deadlineTask == nil else { return }
        watchDeadline(context, in: limit)
    }

    private func watchDeadline(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        deadlineTask = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            guard let self, let context = self.context else { return }
            deadlineTask = nil
            guard let deadline else { return }
            let left = deadline - .now()
            if left > .zero {
                watchDeadline(context, in: left)
            } else {
                exchange?.body?.fail(.incomplete)
                context.close(promise: nil)
            }
        }
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefused { return }
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head, context)
        case .body(let buffer): receive(buffer, context)
        case .end:
            exchange?.body?.finish()
            exchange?.body = nil
            exchange?.isReceived = true
            deadline = nil
            if exchange?.isAnswered == true {
                finish(context)
                if closesAfterwards { context.close(promise: nil) }
            }
        }
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        deadline = nil
        exchangeCount += 1
        exchange = Exchange(number: exchangeCount, head: head)
        let headerByteCount = head.headers.reduce(head.uri.utf8.count) {
            $0 + $1.name.utf8.count + $1.value.utf8.count + 4
        }
        guard headerByteCount <= front.settings.headerByteCountMax else {
            return refuse(
                context, .requestHeaderFieldsTooLarge,
                "The request's headers have \(headerByteCount) bytes; at most "
                    + "\(front.settings.headerByteCountMax) are taken.")
        }
        guard head.version.major == 1, head.version.minor == 0 || head.headers["host"].count == 1
        else {
            return refuse(context, .badRequest, "A request needs one host header.")
        }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        if let length, length > front.settings.bodyByteCountMax { return refuseBody(context) }
        let hasBody = (length ?? 0) > 0 || head.headers.contains(name: "transfer-encoding")
        let body = hasBody ? makeBody(context) : nil
        exchange?.body = body
        let content = body.map { Body(chunks: $0, byteCount: length) } ?? Body()
        guard let request = HTTPConversion.request(head, body: content) else {
            return refuse(context, .badRequest, "A header field's name is not one of HTTP's.")
        }
        if hasBody {
            expectClient(context)
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                let head = HTTPResponseHead(version: head.version, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            }
        }
        answer(request, number: exchangeCount, context)
    }

    private func makeBody(_ context: ChannelHandlerContext) -> RequestBody {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        return RequestBody(bufferByteCount: front.settings.bodyBufferByteCount) {
            loop.execute { connection.value.resumeReading() }
        }
    }

    private func receive(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard exchange != nil else { return }
        expectClient(context)
        exchange?.receivedByteCount += buffer.readableBytes
        if let exchange, exchange.receivedByteCount > front.settings.bodyByteCountMax {
            exchange.body?.fail(.tooLarge(limit: front.settings.bodyByteCountMax))
            self.exchange?.body = nil
            if exchange.isAnswering {
                // Answered without having read it all: enough of it has been thrown away.
                context.close(promise: nil)
            } else {
                refuseBody(context)
            }
            return
        }
        exchange?.body?.push(Array(buffer.readableBytesView))
    }

    private func refuseBody(_ context: ChannelHandlerContext) {
        refuse(
            context, .payloadTooLarge,
            "The request's body is too large: at most \(front.settings.bodyByteCountMax) bytes are "
                + "taken.")
    }

    /// Answers without asking the worker, and ends the connection.
    private func refuse(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String
    ) {
        // Whatever the worker still answers is to a request that is over.
        exchangeCount += 1
        exchange = nil
        deadline = nil
        isRefused = true
        let body = ByteBuffer(string: text + "\n")
        let headers: HTTPHeaders = [
            "content-type": "text/plain; charset=utf-8",
            "content-length": "\(body.readableBytes)", "connection": "close", "date": front.date,
        ]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    /// Ends our half and lets the client's run dry for a moment: closed at once, the client might see
    /// a reset before it has read the answer.
    private func linger(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The client has said all it will. Nothing under way means nothing left to do.
        if case .inputClosed = event as? ChannelEvent, exchange == nil || exchange?.body != nil {
            exchange?.body?.fail(.incomplete)
            context.close(promise: nil)
        } else if case .inputClosed = event as? ChannelEvent {
            closesAfterwards = true
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Answering

    private func answer(_ request: Request, number: Int, _ context: ChannelHandlerContext) {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let (loop, respond) = (context.eventLoop, front.respond)
        Task {
            let response = await respond(request)
            loop.execute { connection.value.answer(response, number) }
        }
    }

    private func answer(_ response: Response, _ number: Int) {
        guard let context, let exchange, exchange.number == number else {
            response.webSocket?.abort(code: 1006, reason: "the client is gone")
            return
        }
        self.exchange?.isAnswering = true
        if let socket = response.webSocket, response.status == .switchingProtocols {
            upgrade(exchange.head, response, socket, context)
            return
        }
        let isHead = exchange.head.method == .HEAD
        var head = HTTPResponseHead(
            version: exchange.head.version, status: .init(statusCode: response.status.code),
            headers: HTTPConversion.headers(response.headers))
        head.headers.add(name: "date", value: front.date)
        if !exchange.head.isKeepAlive { closesAfterwards = true }
        if closesAfterwards {
            head.headers.add(name: "connection", value: "close")
        } else if exchange.head.version.minor == 0 {
            head.headers.add(name: "connection", value: "keep-alive")
        }
        let mayHaveBody = head.status.mayHaveResponseBody
        switch response.body.content {
        case .bytes(let bytes):
            if mayHaveBody { head.headers.add(name: "content-length", value: "\(bytes.count)") }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if mayHaveBody && !isHead && !bytes.isEmpty {
                let buffer = context.channel.allocator.buffer(bytes: bytes)
                context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
            }
            endAnswer(context)
        case .chunks(let chunks, let byteCount):
            if let count = byteCount ?? (isHead ? 0 : nil), mayHaveBody {
                head.headers.add(name: "content-length", value: "\(count)")
            }
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            if mayHaveBody && !isHead {
                send(chunks, number, context)
            } else {
                endAnswer(context)
            }
        }
    }

    /// Sends chunks as they come, each once the one before it has reached the socket.
    private func send(
        _ chunks: Body.Chunks, _ number: Int, _ context: ChannelHandlerContext
    ) {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let channel = context.channel
        Task {
            do {
                for try await chunk in chunks {
                    let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: chunk)))
                    try await channel.writeAndFlush(part)
                }
                channel.eventLoop.execute {
                    guard let context = connection.value.context,
                        connection.value.exchange?.number == number
                    else { return }
                    connection.value.endAnswer(context)
                }
            } catch {
                // Cut off in the middle: the client sees that the body is not whole.
                channel.close(promise: nil)
            }
        }
    }

    /// Writes the end of the response. That lets the next request in at once, in the middle of this
    /// function: the exchange is over before.
    private func endAnswer(_ context: ChannelHandlerContext) {
        // What is left of the request is of no use to anybody.
        exchange?.body?.fail(.incomplete)
        exchange?.body = nil
        let isOver = exchange?.isReceived == true
        if isOver {
            finish(context)
        } else {
            exchange?.isAnswered = true
            expectClient(context)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if isOver && closesAfterwards { context.close(promise: nil) }
        resumeReading()
    }

    private func finish(_ context: ChannelHandlerContext) {
        exchange = nil
        if closesAfterwards {
            isRefused = true
        } else {
            expectClient(context)
        }
    }

    // MARK: Going on as a WebSocket

    private func upgrade(
        _ head: HTTPRequestHead, _ response: Response, _ socket: WebSocket,
        _ context: ChannelHandlerContext
    ) {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let isAsked =
            head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.method == .GET
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head,
            initialResponseHeaders: HTTPConversion.headers(response.headers)
        ).whenComplete { result in
            guard let context = connection.value.context else { return }
            guard isAsked, case .success(let headers) = result else {
                socket.abort(code: 1006, reason: "the client did not ask for a WebSocket")
                connection.value.refuse(
                    context, .upgradeRequired,
                    "This is a WebSocket: ask with the headers of RFC 6455, version 13.")
                return
            }
            let head = HTTPResponseHead(
                version: .http1_1, status: .switchingProtocols, headers: headers)
            context.write(connection.value.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(connection.value.wrapOutboundOut(.end(nil)), promise: nil)
            connection.value.exchange = nil
            connection.value.deadline = nil
            connection.value.front.goOn(
                as: socket, context, closes: connection.value.closesAfterwards)
        }
    }
}

extension TimeAmount {
    /// The same length of time.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}

extension HTTPResponseStatus {
    /// Whether a body, even an empty one, may follow (RFC 9110, 6.4.1).
    fileprivate var mayHaveResponseBody: Bool {
        code >= 200 && code != 204 && code != 304
    }
}
