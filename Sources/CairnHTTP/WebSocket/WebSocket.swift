import CairnPlatform

/// One end of a WebSocket.
///
/// `WebSocketPair()` makes two connected ends: return `client` in a `Response(webSocket:)`, keep
/// `server` and talk through it. What one end sends, the other end's `events` bring, in order.
///
/// Sending never suspends. At most `WebSocketPair.byteCountMax` bytes wait for a slow reader; a
/// sender who goes over loses the socket with code 1008. May be used from any thread.
public final class WebSocket: Sendable {
    /// Waits for what a message depends on.
    package typealias Hold = @Sendable () async throws -> Void

    private let incoming: WebSocketQueue
    private let outgoing: WebSocketQueue

    init(incoming: WebSocketQueue, outgoing: WebSocketQueue) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    /// Whether this end may still send.
    public var isOpen: Bool { !outgoing.isClosed }

    /// Sends text. Without effect once the socket is closed.
    public func send(_ text: String) { send(.text(text)) }

    /// Sends bytes. Without effect once the socket is closed.
    public func send(_ bytes: [UInt8]) { send(.binary(bytes)) }

    /// Sends a message. Without effect once the socket is closed.
    public func send(_ message: WebSocketMessage) { put(.message(message)) }

    /// Says goodbye; what was sent before still arrives, in order.
    /// - Parameters:
    ///   - code: 1000 for a normal end, or 3000 to 4999 (RFC 6455, 7.4.2).
    ///   - reason: at most 123 bytes; what is longer is cut.
    public func close(code: Int = 1000, reason: String = "") {
        put(.close(WebSocketClose(code: code, reason: Self.cut(reason), wasClean: true)))
    }

    /// What the other end sends: messages, then one close. For one reader at a time.
    public var events: Events { Events(queue: incoming) }

    /// The events of a socket as a sequence that ends behind the close.
    public struct Events: AsyncSequence, Sendable {
        /// One event at a time.
        public typealias Element = WebSocketEvent
        /// Reading never fails: an end without a word is a close with code 1006.
        public typealias Failure = Never

        fileprivate let queue: WebSocketQueue

        /// Begins to read.
        public func makeAsyncIterator() -> Iterator { Iterator(queue: queue) }

        /// Reads one event after the other.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let queue: WebSocketQueue

            /// The next event, or `nil` behind the close.
            public mutating func next() async -> WebSocketEvent? { await queue.next() }

            /// The next event, wherever the caller is isolated.
            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async -> WebSocketEvent? { await queue.next() }
        }
    }

    /// Makes every message that leaves this end wait: `hold` is called as it is sent, on the
    /// sender's side, and what it returns is awaited before the message, or anything behind it, is
    /// delivered. When it throws, or what it returns does, the socket ends with 1011. `nil` ends it.
    package func setHold(_ hold: (@Sendable () throws -> Hold?)?) {
        outgoing.setHold(hold)
    }

    /// The same for what the other end sends, unless that end has a hold of its own.
    /// - Returns: whether it had none.
    package func setHoldOfOtherEnd(_ hold: @escaping @Sendable () throws -> Hold?) -> Bool {
        incoming.setHoldIfNone(hold)
    }

    /// Whether both ends have said goodbye.
    package var isOver: Bool { outgoing.isClosed && incoming.isClosed }

    /// Ends the socket at once, in both directions; what has not been delivered is lost.
    package func abort(code: Int, reason: String) {
        let close = WebSocketClose(code: code, reason: Self.cut(reason), wasClean: false)
        outgoing.abort(close)
        incoming.abort(close)
    }

    /// Suspends a transport until the other end has read some of what was sent.
    package func waitForRoom() async { await outgoing.waitForRoom() }

    /// Passes on how the other side ended; for transports, whose client may end without a word.
    package func end(_ close: WebSocketClose) { outgoing.put(.close(close), hold: nil) }

    private func put(_ event: WebSocketEvent) {
        do {
            outgoing.put(event, hold: try outgoing.hold())
        } catch {
            abort(code: 1011, reason: "the object behind this socket is gone")
        }
    }

    private static func cut(_ reason: String) -> String {
        var cut = reason
        while cut.utf8.count > 123 { cut.removeLast() }
        return cut
    }
}

/// Two connected ends of a WebSocket.
public struct WebSocketPair: Sendable {
    /// Bytes that may wait in each direction: 4 MiB by default.
    public static let byteCountMax = 4 << 20

    /// For the response: the server joins it to the client's connection.
    public let client: WebSocket
    /// For whoever talks to the client.
    public let server: WebSocket

    /// Connects two new ends.
    /// - Parameter byteCountMax: bytes that may wait in each direction before the socket is lost.
    public init(byteCountMax: Int = WebSocketPair.byteCountMax) {
        let toServer = WebSocketQueue(byteCountMax: byteCountMax)
        let toClient = WebSocketQueue(byteCountMax: byteCountMax)
        client = WebSocket(incoming: toClient, outgoing: toServer)
        server = WebSocket(incoming: toServer, outgoing: toClient)
    }
}
