import CairnHTTP
import NIOCore
import NIOWebSocket

/// One client's connection once it has become a WebSocket.
///
/// What the client sends goes into `socket`, what comes out of it goes to the client. Reading stops
/// while more than half of what may wait is waiting, so that a busy object slows the client down and
/// costs no memory.
///
/// Invariants
/// - One close frame at most is sent; nothing is sent after it.
/// - The other side of `socket` is told of the end exactly once, whichever way it comes.
final class WebSocketConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    private let socket: WebSocket
    private let front: HTTPFront
    private var pump: Task<Void, Never>?
    private var hasSentClose = false
    private var hasReceivedClose = false
    private var context: ChannelHandlerContext?

    init(_ socket: WebSocket, front: HTTPFront) {
        self.socket = socket
        self.front = front
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        front.add(self, context.channel)
        startPump(context)
        readWhenThereIsRoom(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        front.remove(self)
        pump?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !hasReceivedClose {
            socket.end(
                WebSocketClose(
                    code: 1006, reason: "WebSocket disconnected without sending Close frame.",
                    wasClean: false))
        }
        pump?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength,
            NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge,
            NIOWebSocketFrameAggregator.Error.tooManyFragments:
            let limit = front.settings.messageByteCountMax
            fail(context, 1009, "a message may have at most \(limit) bytes")
        case is UnmaskedFrame: fail(context, 1002, "a client's frames are masked")
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error:
            fail(context, 1002, "not a frame of RFC 6455")
        default: context.close(promise: nil)
        }
    }

    /// Says goodbye because the server stops.
    func drain() {
        guard let context else { return }
        fail(context, 1001, "the server is stopping")
    }

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !hasReceivedClose else {
            // Only the answer to our own goodbye is still of interest.
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        }
        let payload = frame.unmaskedData
        switch frame.opcode {
        case .text:
            guard let text = String(validating: payload.readableBytesView, as: UTF8.self) else {
                return fail(context, 1007, "text must be UTF-8")
            }
            socket.send(text)
        case .binary: socket.send(Array(payload.readableBytesView))
        case .ping: send(.pong, Array(payload.readableBytesView), context)
        case .pong: break
        case .connectionClose: receiveClose(payload, context)
        default: fail(context, 1002, "not a frame of RFC 6455")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        readWhenThereIsRoom(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func readWhenThereIsRoom(_ context: ChannelHandlerContext) {
        let (socket, channel) = (socket, context.channel)
        Task {
            await socket.waitForRoom()
            channel.read()
        }
    }

    private func receiveClose(_ payload: ByteBuffer, _ context: ChannelHandlerContext) {
        var payload = payload
        let code = payload.readInteger(as: UInt16.self).map(Int.init) ?? 1005
        let reason = String(validating: payload.readableBytesView, as: UTF8.self) ?? ""
        hasReceivedClose = true
        socket.end(WebSocketClose(code: code, reason: reason, wasClean: true))
        if hasSentClose {
            context.close(promise: nil)
        } else {
            // The other side's own goodbye comes through the pump; if it never does, echo.
            later(context) { connection, context in
                connection.send(WebSocketClose(code: code, reason: "", wasClean: true), context)
            }
        }
    }

    /// Ends the socket because of what the client, or the server's owner, did.
    private func fail(_ context: ChannelHandlerContext, _ code: Int, _ reason: String) {
        let close = WebSocketClose(code: code, reason: reason, wasClean: false)
        if !hasReceivedClose {
            hasReceivedClose = true
            socket.end(close)
        }
        send(close, context)
    }

    // MARK: To the client

    private func startPump(_ context: ChannelHandlerContext) {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let (socket, channel) = (socket, context.channel)
        pump = Task {
            for await event in socket.events {
                switch event {
                case .message(let message):
                    let frame = WebSocketFrames.frame(message, channel.allocator)
                    // Waits for the client: what it has not taken stays in the queue, which is bounded.
                    do { try await channel.writeAndFlush(frame) } catch { return }
                case .close(let close):
                    channel.eventLoop.execute {
                        guard let context = connection.value.context else { return }
                        connection.value.send(close, context)
                    }
                }
            }
        }
    }

    private func send(
        _ opcode: WebSocketOpcode, _ payload: [UInt8], _ context: ChannelHandlerContext
    ) {
        guard !hasSentClose else { return }
        let frame = WebSocketFrames.frame(opcode, payload, context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func send(_ close: WebSocketClose, _ context: ChannelHandlerContext) {
        guard !hasSentClose else { return }
        hasSentClose = true
        pump?.cancel()
        let frame = WebSocketFrames.frame(close, context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        if hasReceivedClose {
            context.close(mode: .output, promise: nil)
        }
        later(context) { _, context in context.close(promise: nil) }
    }

    private func later(
        _ context: ChannelHandlerContext,
        _ body: @escaping @Sendable (WebSocketConnection, ChannelHandlerContext) -> Void
    ) {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: TimeAmount(front.settings.closeLimit)) {
            guard let context = connection.value.context else { return }
            body(connection.value, context)
        }
    }
}
