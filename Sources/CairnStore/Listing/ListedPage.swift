/// A part of a listing, and where the next one begins.
public struct ListedPage<Element: Sendable & Hashable>: Sendable, Hashable {
    /// What `KeyRange.limit` allows of what is left, in the range's order.
    public let entries: [Element]
    /// Where to go on; `nil` when the listing is complete.
    public let cursor: ListCursor?
}
