/// Why a call to an object, or one of its own, did not go through. Texts are Cloudflare's where
/// Cloudflare has one.
public struct DurableObjectError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller can do about it.
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// The id is not one of this namespace, or not an id at all. Send another.
        case invalidID
        /// A key, value or option is out of bounds. Change the request.
        case invalidArgument
        /// A value is of another type than was asked for. Ask for the type it has.
        case typeMismatch
        /// Storage was called off its object. Call it from the object's own methods.
        case notIsolated
        /// This instance is no longer the live one. Call the object again: a fresh instance answers.
        case noLongerLive
        /// The object was reset in the middle: what the call did may or may not have been kept.
        case reset
        /// Critical sections are nested too deeply.
        case tooDeeplyNested
        /// The class does not answer this kind of event.
        case notImplemented
        /// The runtime is shutting down.
        case shuttingDown
    }

    /// What the caller can do about it.
    public let kind: Kind
    /// What happened and what to do.
    public let message: String
    /// Whether the same call may be made again: it did not reach the object.
    public let isRetryable: Bool
    /// Whether too much is going on; making the call again at once makes it worse.
    public let isOverloaded: Bool

    /// Makes an error.
    public init(
        _ kind: Kind, _ message: String, isRetryable: Bool = false, isOverloaded: Bool = false
    ) {
        self.kind = kind
        self.message = message
        self.isRetryable = isRetryable
        self.isOverloaded = isOverloaded
    }

    /// The same as `message`.
    public var description: String { message }
}
