/// The parameters of a query string, in order, names and values percent-decoded once.
public struct QueryParameters: Sendable, Hashable {
    /// One parameter.
    public struct Item: Sendable, Hashable {
        /// Left of the equals sign.
        public let name: String
        /// Right of it; empty when there is none.
        public let value: String
    }

    /// All of them, in order; names may repeat.
    public let items: [Item]

    init(_ text: Substring) {
        items = text.split(separator: "&").map { part in
            let halves = part.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Item(
                name: Self.decode(halves[0]), value: halves.count > 1 ? Self.decode(halves[1]) : "")
        }
    }

    /// The value of the first parameter called `name`.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    private static func decode(_ text: Substring) -> String {
        PercentEncoding.decode(text, plusIsSpace: true) ?? String(text)
    }
}
