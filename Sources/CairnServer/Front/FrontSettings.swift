/// The limits of the HTTP and WebSocket front; each one bounds what a client can make it hold.
package struct FrontSettings: Sendable, Hashable {
    /// Bytes of a request's headers, names and values together: status 431 beyond.
    package var headerByteCountMax = 32 << 10
    /// Bytes of a request's body: status 413 beyond.
    package var bodyByteCountMax = 100 << 20
    /// Bytes of a body that wait for the worker before the client is made to wait.
    package var bodyBufferByteCount = 64 << 10
    /// Bytes of a WebSocket message, its fragments together: close code 1009 beyond.
    package var messageByteCountMax = 1 << 20
    /// Fragments of a WebSocket message: close code 1009 beyond.
    package var fragmentCountMax = 4096
    /// How long a connection may take to bring a request's head, or the next part of its body.
    package var receiveLimit = Duration.seconds(75)
    /// How long a WebSocket's other side may take to answer a close.
    package var closeLimit = Duration.seconds(5)
    /// How long requests under way, and WebSockets, may take to end when the server stops.
    package var drainLimit = Duration.seconds(10)

    package init() {}
}
