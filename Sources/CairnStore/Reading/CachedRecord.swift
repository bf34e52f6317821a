/// A live key's record, checked and expanded, as the cache keeps it.
final class CachedRecord: Cacheable {
    /// A longer one is not kept: it would push too much else out.
    static let valueByteCountMax = 64 << 10

    let keyspace: UInt64
    let entry: Entry

    init(keyspace: UInt64, entry: Entry) {
        self.keyspace = keyspace
        self.entry = entry
    }

    var byteCount: Int {
        // The object, and three arrays with a header each.
        96 + 3 * 32 + entry.key.count + entry.value.count + entry.metadata.count
    }
}
