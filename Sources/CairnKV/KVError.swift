/// Why a KV call was refused, in Cloudflare's words.
///
/// The texts are those of Workers KV, so that what users know to look for is what they find.
public struct KVError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The call that was refused, as Cloudflare names it in its texts.
    public enum Call: String, Sendable, Hashable {
        case get = "GET"
        case put = "PUT"
        case delete = "DELETE"
        case getBulk = "GET_BULK"
    }

    /// The HTTP status Cloudflare's service would answer; `nil` for what is refused before the
    /// service is asked (a TypeError in a Worker).
    public let status: Int?
    /// What was wrong, with the number found and the limit.
    public let message: String

    /// The same as `message`.
    public var description: String { message }

    static func refused(_ call: Call, _ status: Int, _ text: String) -> KVError {
        KVError(status: status, message: "KV \(call.rawValue) failed: \(status) \(text)")
    }

    static func typeError(_ text: String) -> KVError { KVError(status: nil, message: text) }
}
