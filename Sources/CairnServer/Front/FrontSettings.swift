/// The limits of the HTTP and WebSocket front; each one bounds what a client can make it hold.
public struct FrontSettings: Sendable, Hashable {
    /// Bytes of a request's headers, names and values together: status 431 beyond.
    public var headerByteCountMax = 32 << 10
    /// Bytes of a request's body: status 413 beyond.
    public var bodyByteCountMax = 100 << 20
    /// Bytes of a body that wait for the worker before the client is made to wait.
    public var bodyBufferByteCount = 64 << 10
    /// Bytes of a WebSocket message, its fragments together: close code 1009 beyond.
    public var messageByteCountMax = 1 << 20
    /// Fragments of a WebSocket message: close code 1009 beyond.
    public var fragmentCountMax = 4096
    /// How long a connection may take to bring a request's head, or the next part of its body.
    public var receiveLimit = Duration.seconds(75)
    /// How long a WebSocket's other side may take to answer a close.
    public var closeLimit = Duration.seconds(5)
    /// How long requests under way, and WebSockets, may take to end when the server stops.
    public var drainLimit = Duration.seconds(10)

    /// The default limits.
    public init() {}
}
