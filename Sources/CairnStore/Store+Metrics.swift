import CairnFiles
import CairnPlatform

extension Store {
    /// The store's size and shape now, and what it has done since it was opened. Looks at each segment
    /// file once, so it is for looking now and then, not for every request.
    /// - Throws: `.inputOutput` when a segment's file cannot be looked at.
    public func metrics() throws(StoreError) -> StoreMetrics {
        let (usage, keyspaces, keys) = index.withAccounts { accounts in
            (accounts.usage, accounts.spaces.count, accounts.keyCount)
        }
        var segments: [StoreMetrics.Segment] = []
        for usage in usage.sorted(by: { $0.segment.identity.number < $1.segment.identity.number }) {
            let byteCount = try naming("cannot look at \(usage.segment.path)") {
                () throws(FileError) in try usage.segment.byteCount()
            }
            segments.append(
                StoreMetrics.Segment(
                    number: usage.segment.identity.number, recordByteCount: usage.recordByteCount,
                    liveByteCount: min(usage.liveByteCount, usage.recordByteCount),
                    fileByteCount: byteCount))
        }
        var metrics = StoreMetrics(
            path: path, storeID: manifest.current.store.hexadecimal,
            formatVersion: Int(FormatVersion.current.rawValue), keyspaceCount: keyspaces,
            keyCount: keys, lastSequence: lastSequence, durableSequence: durableSequence,
            segments: segments, indexByteCount: index.table.byteCount + index.keys.byteCount,
            isIndexLoaded: index.table.isComplete,
            cache: cache.metrics)
        log.counters.fill(&metrics)
        return metrics
    }

    /// The sizes of the keyspaces whose names begin with `prefix`, in byte order.
    /// - Parameter limit: no more keyspaces than that; `nil` for all.
    public func keyspaceMetrics(prefix: String = "", limit: Int? = nil) -> [KeyspaceMetrics] {
        let names = keyspaces(prefix: prefix)
        return names.prefix(limit.map { max($0, 0) } ?? names.count).compactMap { name in
            index.withAccounts { accounts in
                accounts.numbers[name].flatMap { accounts.spaces[$0] }.map { space in
                    KeyspaceMetrics(
                        name: name, keyCount: space.keyCount,
                        liveByteCountEstimate: space.byteCount)
                }
            }
        }
    }
}
