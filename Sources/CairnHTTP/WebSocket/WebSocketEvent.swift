/// One message of a WebSocket.
public enum WebSocketMessage: Sendable, Hashable {
    /// UTF-8 text.
    case text(String)
    /// Any bytes.
    case binary([UInt8])

    /// The payload's length in bytes.
    var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}

/// How a WebSocket ended (RFC 6455, 7.4).
public struct WebSocketClose: Sendable, Hashable {
    /// The status code; 1006 when the other side vanished without a word.
    public let code: Int
    /// The reason given, at most 123 bytes.
    public let reason: String
    /// Whether the other side said goodbye.
    public let wasClean: Bool

    /// Describes an end.
    public init(code: Int, reason: String, wasClean: Bool) {
        self.code = code
        self.reason = reason
        self.wasClean = wasClean
    }
}

/// What happens on a WebSocket: messages, then exactly one close.
public enum WebSocketEvent: Sendable, Hashable {
    /// A whole message.
    case message(WebSocketMessage)
    /// The end; nothing comes after it.
    case close(WebSocketClose)
}
