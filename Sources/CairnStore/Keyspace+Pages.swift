extension Keyspace {
    /// The next entries in `range` with their values, in byte order: `range.limit` of them, or 1000.
    ///
    /// Pass the page's cursor, with the same range, to get the next page; the limit alone may change.
    ///
    /// Each page is one moment's view. The pages of a listing are as many moments: a key that is there
    /// throughout, whatever happens to its value, is seen exactly once; one that comes or goes meanwhile is
    /// seen once or not at all. The store keeps nothing between pages, so a listing may take any time, and
    /// go on after the store has been closed and opened again. A keyspace that was dropped and created again
    /// goes on with its new keys.
    ///
    /// Bounds that cross give an empty page; so does a limit of 0 or less. Neither has a cursor.
    /// - Throws: `.invalid` when the cursor is of another store, keyspace or range, or mangled; and what
    ///   `list` throws.
    public func page(
        _ range: KeyRange = KeyRange(), after cursor: ListCursor? = nil
    ) throws(StoreError) -> ListedPage<Entry> {
        try store.page(range, in: self, after: cursor)
    }

    /// The next keys in `range` with their metadata and expiry; values are not touched. Like
    /// `page(_:after:)`, and with the same cursors.
    public func keyPage(
        _ range: KeyRange = KeyRange(), after cursor: ListCursor? = nil
    ) throws(StoreError) -> ListedPage<KeyEntry> {
        try store.keyPage(range, in: self, after: cursor)
    }
}
