import CairnPlatform

/// Makes one run of several, a bounded step at a time.
///
/// Not thread-safe: one owner, who takes the bytes out of `writer` between steps.
struct RunMerge: Sendable {
    private var merge: KeyMerge
    /// Where the merged run comes out.
    var writer: KeyRunWriter
    private let dropTombstones: Bool

    /// Begins a merge.
    /// - Parameters:
    ///   - runs: oldest first.
    ///   - writer: of a run that covers them all: `KeyRunWriter.init(merging:salt:)`.
    ///   - dropTombstones: right only when nothing older than `runs` can hold the keys.
    init(
        _ runs: [KeyRun], into writer: KeyRunWriter, dropTombstones: Bool,
        cache: (any KeyBlockCache)? = nil
    ) throws(KeyRunError) {
        merge = try KeyMerge(runs.map { .run($0) }, cache: cache)
        self.writer = writer
        self.dropTombstones = dropTombstones
    }

    /// Merges up to `limit` keys.
    /// - Returns: whether that was all: the writer can be finished.
    mutating func step(entries limit: Int) throws(KeyRunError) -> Bool {
        for _ in 0..<limit {
            guard let item = try merge.next() else { return true }
            // A keyspace's end is kept: it says that its number has been used.
            if dropTombstones && item.entry.kind == .delete && item.entry.keyspace != 0 {
                continue
            }
            writer.append(item.entry, in: item.block.bytes)
        }
        return false
    }
}
