extension Store {
    /// Entries of a page whose range has no limit.
    private static let pageEntryCount = 1000

    /// The next page of a listing with values.
    func page(
        _ range: KeyRange, in space: Keyspace, after cursor: ListCursor?
    ) throws(StoreError) -> ListedPage<Entry> {
        try page(range, in: space, after: cursor, needsValues: true, key: \.key) {
            page, item, number throws(StoreError) in try entry(item, of: page, in: number)
        }
    }

    /// The next page of a listing without values.
    func keyPage(
        _ range: KeyRange, in space: Keyspace, after cursor: ListCursor?
    ) throws(StoreError) -> ListedPage<KeyEntry> {
        try page(range, in: space, after: cursor, needsValues: false, key: \.key) {
            page, item, _ throws(StoreError) in keyEntry(item, of: page)
        }
    }

    private func page<Element>(
        _ range: KeyRange, in space: Keyspace, after cursor: ListCursor?, needsValues: Bool,
        key: (Element) -> [UInt8],
        _ make: (ListPage, ListPage.Item, _ keyspace: UInt64) throws(StoreError) -> Element
    ) throws(StoreError) -> ListedPage<Element> {
        let id = index.keys.store
        let limit = range.limit ?? Self.pageEntryCount
        var rest = range
        if let last = try cursor?.key(for: range, in: space.name, of: id) {
            if range.reverse { rest.end = last } else { rest.startAfter = last }
        }
        // One more than asked for says whether there is more.
        rest.limit = limit < .max ? limit + 1 : limit
        var entries: [Element] = []
        var isComplete = true
        if limit > 0 {
            try walk(rest, in: space, needsValues: needsValues) {
                page, item, number throws(StoreError) in
                guard entries.count < limit else {
                    isComplete = false
                    return false
                }
                entries.append(try make(page, item, number))
                return true
            }
        }
        guard !isComplete, let last = entries.last else {
            return ListedPage(entries: entries, cursor: nil)
        }
        let content = ListCursorContent(
            store: id, keyspace: space.name, range: range, key: key(last))
        return ListedPage(entries: entries, cursor: ListCursor(content))
    }
}
