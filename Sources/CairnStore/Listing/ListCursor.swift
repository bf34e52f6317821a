/// A place in a listing, to go on from: `Keyspace.page(_:after:)`.
///
/// Opaque. It can be sent away as text or bytes and come back after any time, to this process or another
/// one: the store keeps nothing for it. Whoever sees it sees the last key of its page; nothing keeps a
/// stranger from making one of their own, which finds no keys outside of the range that it is used with.
public struct ListCursor: Sendable, Hashable {
    /// The cursor as bytes.
    public let bytes: [UInt8]

    /// A cursor that was kept as bytes. Whether they are one is found out when it is used.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// A cursor that was kept as text, its `description`; `nil` for what can be none's. Whether it is one
    /// is found out when it is used.
    public init?(_ text: String) {
        guard let bytes = URLSafeText.decode(text) else { return nil }
        self.bytes = bytes
    }
}

extension ListCursor: CustomStringConvertible {
    /// The cursor as text: letters, digits, `-` and `_`, four for every three bytes.
    public var description: String { URLSafeText.encode(bytes) }
}

extension ListCursor {
    init(_ content: ListCursorContent) { bytes = content.encoded() }

    /// The key that the listing of `range` goes on after.
    /// - Throws: `.invalid` when it is not the cursor of this listing, saying why.
    func key(
        for range: KeyRange, in space: String, of store: StoreID
    ) throws(StoreError) -> [UInt8] {
        let content: ListCursorContent
        do throws(ListCursorContent.Defect) { content = try ListCursorContent(bytes) } catch {
            throw Self.refusal(of: error)
        }
        let expected = ListCursorContent(
            store: store, keyspace: space, range: range, key: content.key)
        guard content.store == expected.store else {
            throw Self.refusal(
                "is another store's", expected: store.hexadecimal,
                found: content.store.hexadecimal)
        }
        guard content.keyspace == expected.keyspace else {
            throw Self.refusal(
                "is another keyspace's",
                expected: "\(space), whose name has the checksum \(expected.keyspace)",
                found: "\(content.keyspace)")
        }
        guard content.range == expected.range else {
            throw Self.refusal(
                "is of another range: only the limit may change from page to page",
                expected: "a range with the checksum \(expected.range)", found: "\(content.range)")
        }
        guard range.contains(content.key) else {
            throw Self.refusal(
                "was not made by this store", expected: "a key in the range",
                found: "one of \(content.key.count) bytes outside")
        }
        return content.key
    }

    private static func refusal(of defect: ListCursorContent.Defect) -> StoreError {
        switch defect {
        case .length(let count):
            refusal("is mangled", expected: "a whole one", found: "\(count) bytes")
        case .version(let version):
            refusal(
                "is of another version", expected: "\(ListCursorContent.version)",
                found: "\(version)")
        case .checksum(let expected, let found):
            refusal("is mangled", expected: "the checksum \(expected)", found: "\(found)")
        }
    }

    private static func refusal(_ what: String, expected: String, found: String) -> StoreError {
        StoreError(
            .invalid,
            "the cursor \(what): expected \(expected), found \(found); list from the beginning")
    }
}
