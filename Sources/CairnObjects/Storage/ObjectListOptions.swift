/// Which keys of an object's storage to list. Keys compare by their UTF-8 bytes.
public struct ObjectListOptions: Sendable, Hashable {
    /// The least key wanted, itself included.
    public var start: String?
    /// Only keys greater than this one. Not together with `start`.
    public var startAfter: String?
    /// Only keys less than this one.
    public var end: String?
    /// Only keys that begin with it.
    public var prefix: String?
    /// Greatest key first; does not swap the meaning of the bounds.
    public var reverse: Bool
    /// At most so many; must be positive.
    public var limit: Int?

    /// By default all keys, least first.
    public init(
        start: String? = nil, startAfter: String? = nil, end: String? = nil,
        prefix: String? = nil, reverse: Bool = false, limit: Int? = nil
    ) {
        self.start = start
        self.startAfter = startAfter
        self.end = end
        self.prefix = prefix
        self.reverse = reverse
        self.limit = limit
    }
}
