import NIOCore
import NIOHTTP1
import NIOPosix

/// Closed-loop HTTP clients: each connection sends its request again as soon as the answer is there.
enum HTTPLoad {
    /// An answer other than 200.
    struct Refused: Error { let status: UInt }

    static func run(
        port: Int, duration: Duration, connections: Int, _ request: (Int) -> HTTPRequestHead
    ) async throws -> Measurement {
        let clock = Stopwatch(duration)
        var clients: [EventLoopFuture<Measurement>] = []
        for number in 0..<connections {
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let promise = loop.makePromise(of: Measurement.self)
            let head = request(number)
            let bootstrap = ClientBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(Client(head, clock, promise))
                }
            }
            _ = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
            clients.append(promise.futureResult)
        }
        var parts: [Measurement] = []
        for client in clients { parts.append(try await client.get()) }
        return Stopwatch.sum(parts)
    }

    private final class Client: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let request: HTTPRequestHead
        private let stopwatch: Stopwatch
        private let promise: EventLoopPromise<Measurement>
        private let start = ContinuousClock.now
        private var sent = ContinuousClock.now
        private var count = 0
        private var histogram = Stopwatch.histogram()

        init(
            _ request: HTTPRequestHead, _ stopwatch: Stopwatch,
            _ promise: EventLoopPromise<Measurement>
        ) {
            self.request = request
            self.stopwatch = stopwatch
            self.promise = promise
        }

        func channelActive(context: ChannelHandlerContext) { send(context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head) where head.status != .ok:
                promise.fail(Refused(status: head.status.code))
                context.close(promise: nil)
            case .head, .body: break
            case .end: finish(context)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.fail(ChannelError.eof)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.fail(error)
            context.close(promise: nil)
        }

        private func send(_ context: ChannelHandlerContext) {
            sent = .now
            context.write(wrapOutboundOut(.head(request)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        private func finish(_ context: ChannelHandlerContext) {
            count += 1
            Stopwatch.record(.now - sent, 1, &histogram)
            guard stopwatch.isOver else { return send(context) }
            promise.succeed(
                Measurement(
                    operations: count, seconds: Stopwatch.seconds(.now - start),
                    latencies: histogram))
            context.close(promise: nil)
        }
    }
}
