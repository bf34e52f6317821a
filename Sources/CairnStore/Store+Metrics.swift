import CairnFiles
import CairnPlatform

extension Store {
    /// The store's size and shape now. Looks at each segment file once.
    public func stats() throws(StoreError) -> StoreStats {
        let (usage, keyspaces, keys) = index.withLock { index in
            (Array(index.usage.values), index.spaces.count, index.keyCount)
        }
        var segments: [StoreStats.Segment] = []
        for usage in usage.sorted(by: { $0.segment.identity.number < $1.segment.identity.number }) {
            let byteCount = try naming("cannot look at \(usage.segment.path)") {
                () throws(FileError) in try usage.segment.byteCount()
            }
            segments.append(
                StoreStats.Segment(
                    number: usage.segment.identity.number, recordByteCount: usage.recordByteCount,
                    liveByteCount: usage.liveByteCount, fileByteCount: byteCount))
        }
        return StoreStats(
            path: path, storeID: manifest.current.store.hexadecimal,
            formatVersion: Int(FormatVersion.current.rawValue), keyspaceCount: keyspaces,
            keyCount: keys, lastSequence: lastSequence, durableSequence: durableSequence,
            segments: segments)
    }
}
