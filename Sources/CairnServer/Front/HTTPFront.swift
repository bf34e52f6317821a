import CairnHTTP
import CairnPlatform
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Listens, and keeps track of the connections so that they can be brought to an end.
final class HTTPFront: Sendable {
    private struct Connection {
        let channel: any Channel
        let drain: @Sendable () -> Void
    }

    private struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: Connection] = [:]
        var isDraining = false
        var dateSecond: Int64 = -1
        var date = ""
    }

    let settings: FrontSettings
    let respond: @Sendable (Request) async -> Response
    private let clock: any WallClock
    private let state = Locked(State())

    init(
        settings: FrontSettings = FrontSettings(), clock: any WallClock = SystemWallClock(),
        respond: @escaping @Sendable (Request) async -> Response
    ) {
        self.settings = settings
        self.clock = clock
        self.respond = respond
    }

    /// Starts to listen.
    /// - Returns: the port, picked by the system if `port` is 0.
    /// - Throws: `ConfigurationError` when the address cannot be listened on.
    func start(ip: String, port: Int) async throws -> Int {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.setUp(channel) }
            }
        do {
            let listener = try await bootstrap.bind(host: ip, port: port).get()
            state.withLock { $0.listener = listener }
            return listener.localAddress?.port ?? port
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ConfigurationError(
                "port \(port) on \(ip) is in use by another process; stop it, or choose another "
                    + "with --port (0 picks a free one)")
        } catch let error as IOError where error.errnoCode == EACCES {
            throw ConfigurationError(
                "port \(port) on \(ip) needs more rights than this user has; choose one over 1023 "
                    + "with --port")
        } catch {
            throw ConfigurationError(
                "cannot listen on \(ip), port \(port): \(error); choose an address of this machine "
                    + "with --ip")
        }
    }

    private enum HandlerName {
        static let encoder = "cairn.encoder"
        static let decoder = "cairn.decoder"
        static let pipelining = "cairn.pipelining"
    }

    private func setUp(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder(), name: HandlerName.encoder)
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
            name: HandlerName.decoder)
        try pipeline.addHandler(HTTPServerPipelineHandler(), name: HandlerName.pipelining)
        try pipeline.addHandler(HTTPConnection(front: self))
    }

    /// Turns a connection whose 101 has been sent into a WebSocket.
    ///
    /// What writes HTTP goes before anything that writes frames comes; the decoder goes last and hands
    /// on what it has read too far.
    func goOn(as socket: WebSocket, _ context: ChannelHandlerContext, closes: Bool) {
        let (channel, pipeline) = (context.channel, context.pipeline.syncOperations)
        do {
            // From here on the WebSocket asks for each read itself.
            try channel.syncOptions?.setOption(.autoRead, value: false)
            pipeline.removeHandler(name: HandlerName.encoder, promise: nil)
            pipeline.removeHandler(name: HandlerName.pipelining, promise: nil)
            pipeline.removeHandler(context: context, promise: nil)
            let limit = settings.messageByteCountMax
            try pipeline.addHandlers([
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limit)),
                MaskCheck(),
                NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0,
                    maxAccumulatedFrameCount: settings.fragmentCountMax,
                    maxAccumulatedFrameSize: limit),
            ])
            let connection = WebSocketConnection(socket, front: self)
            try pipeline.addHandler(connection)
            pipeline.removeHandler(name: HandlerName.decoder, promise: nil)
            if closes { connection.drain() }
        } catch {
            socket.abort(code: 1006, reason: "the connection is gone")
            channel.close(promise: nil)
        }
    }

    /// The time as HTTP writes it, made once a second.
    var date: String {
        let second = clock.millisecondsSinceEpoch / 1000
        return state.withLock { state in
            if state.dateSecond != second {
                state.dateSecond = second
                state.date = HTTPConversion.date(secondsSinceEpoch: second)
            }
            return state.date
        }
    }

    // MARK: Connections

    /// Connections now open.
    var connectionCount: Int { state.withLock { $0.connections.count } }

    func add(_ connection: HTTPConnection, _ channel: any Channel) {
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        add(ObjectIdentifier(connection), channel) { bound.value.drain() }
    }

    func add(_ connection: WebSocketConnection, _ channel: any Channel) {
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        add(ObjectIdentifier(connection), channel) { bound.value.drain() }
    }

    private func add(
        _ key: ObjectIdentifier, _ channel: any Channel, _ drain: @escaping @Sendable () -> Void
    ) {
        let connection = Connection(channel: channel) { channel.eventLoop.execute(drain) }
        let isDraining = state.withLock { state in
            state.connections[key] = connection
            return state.isDraining
        }
        if isDraining { connection.drain() }
    }

    func remove(_ connection: AnyObject) {
        let key = ObjectIdentifier(connection)
        state.withLock { _ = $0.connections.removeValue(forKey: key) }
    }

    /// Stops listening, lets requests under way be answered, says goodbye to WebSockets, and cuts off
    /// what has not ended after the limit.
    func drain() async {
        let (listener, connections) = state.withLock { state in
            state.isDraining = true
            return (state.listener, Array(state.connections.values))
        }
        try? await listener?.close()
        for connection in connections { connection.drain() }
        let deadline = ContinuousClock.now + settings.drainLimit
        while connectionCount > 0 && ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for connection in state.withLock({ Array($0.connections.values) }) {
            connection.channel.close(promise: nil)
        }
    }
}

/// A client sent a frame without a mask.
struct UnmaskedFrame: Error {}

/// Refuses frames that are not masked, as every client's must be (RFC 6455, 5.1).
private final class MaskCheck: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if unwrapInboundIn(data).maskKey == nil {
            context.fireErrorCaught(UnmaskedFrame())
        } else {
            context.fireChannelRead(data)
        }
    }
}
