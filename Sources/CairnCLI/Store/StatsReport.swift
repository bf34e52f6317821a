import CairnStore

/// What `cairn store stats` shows of a store: for people, or as JSON.
struct StatsReport {
    let metrics: StoreMetrics
    let keyspaces: [KeyspaceMetrics]

    private struct Row: Encodable {
        let number: UInt64
        let recordBytes: Int
        let liveBytes: Int
        let deadBytes: Int
        let fileBytes: Int
    }

    private struct SpaceRow: Encodable {
        let name: String
        let keys: Int
        let liveBytes: Int
    }

    private struct Cache: Encodable {
        let hits: UInt64
        let misses: UInt64
        let bytes: Int
        let capacity: Int
    }

    private struct Syncs: Encodable {
        let count: UInt64
        let commitsPerSync: Double?
        let recordsPerSync: Double?
        let medianNanoseconds: UInt64?
        let p99Nanoseconds: UInt64?
        let longestNanoseconds: UInt64
    }

    private struct Table: Encodable {
        let path: String
        let store: String
        let formatVersion: Int
        let keyspaces: Int
        let keys: Int
        let lastSequence: UInt64
        let liveBytes: Int
        let deadBytes: Int
        let fileBytes: Int
        let indexBytes: Int
        let cache: Cache
        let commits: UInt64
        let records: UInt64
        let frames: UInt64
        let writtenBytes: UInt64
        let syncs: Syncs
        let reads: UInt64
        let diskReadBytes: UInt64
        let segments: [Row]
        let keyspaceSizes: [SpaceRow]?
    }

    /// One line with everything.
    var json: String {
        get throws {
            let cache = metrics.cache
            let latency = metrics.syncLatency
            let table = Table(
                path: metrics.path, store: metrics.storeID, formatVersion: metrics.formatVersion,
                keyspaces: metrics.keyspaceCount, keys: metrics.keyCount,
                lastSequence: metrics.lastSequence.rawValue, liveBytes: metrics.liveByteCount,
                deadBytes: metrics.deadByteCount, fileBytes: metrics.fileByteCount,
                indexBytes: metrics.indexByteCount,
                cache: Cache(
                    hits: cache.hits, misses: cache.misses, bytes: cache.byteCount,
                    capacity: cache.capacity),
                commits: metrics.commitCount, records: metrics.recordCount,
                frames: metrics.frameCount, writtenBytes: metrics.writtenByteCount,
                syncs: Syncs(
                    count: metrics.syncCount, commitsPerSync: metrics.commitsPerSync,
                    recordsPerSync: metrics.recordsPerSync,
                    medianNanoseconds: latency.percentile(50),
                    p99Nanoseconds: latency.percentile(99),
                    longestNanoseconds: latency.longestNanoseconds),
                reads: metrics.readCount, diskReadBytes: metrics.diskReadByteCount,
                segments: metrics.segments.map { segment in
                    Row(
                        number: segment.number, recordBytes: segment.recordByteCount,
                        liveBytes: segment.liveByteCount, deadBytes: segment.deadByteCount,
                        fileBytes: segment.fileByteCount)
                },
                keyspaceSizes: keyspaces.isEmpty
                    ? nil
                    : keyspaces.map { space in
                        SpaceRow(
                            name: space.name, keys: space.keyCount,
                            liveBytes: space.liveByteCountEstimate)
                    })
            return try JSONText.encode(table)
        }
    }

    /// One line with what changes.
    var line: String {
        "commit \(metrics.lastSequence.rawValue): \(metrics.keyspaceCount) keyspaces, "
            + "\(metrics.keyCount) keys, \(metrics.liveByteCount) live bytes, "
            + "\(metrics.deadByteCount) dead, \(metrics.fileByteCount) in files"
    }

    /// The lines of a table.
    /// - Parameter segmentCount: no more than so many segments, the newest; `nil` for all.
    func table(segmentCount: Int?) -> [String] {
        var lines = [
            "store       \(metrics.storeID), format \(metrics.formatVersion)",
            "keyspaces   \(metrics.keyspaceCount)",
            "keys        \(metrics.keyCount)",
            "last commit \(metrics.lastSequence.rawValue)",
            "live bytes  \(metrics.liveByteCount)",
            "dead bytes  \(metrics.deadByteCount)",
            "file bytes  \(metrics.fileByteCount), reserved space included",
            "index bytes \(metrics.indexByteCount), about, in memory while it is open",
        ]
        let segments = metrics.segments.suffix(segmentCount ?? metrics.segments.count)
        if segments.count < metrics.segments.count {
            lines.append("segments    \(metrics.segments.count), the newest \(segments.count):")
        }
        for segment in segments {
            lines.append(
                "segment \(segment.number): \(segment.recordByteCount) record bytes, "
                    + "\(segment.liveByteCount) alive, \(segment.deadByteCount) dead, "
                    + "\(segment.fileByteCount) in the file")
        }
        for space in keyspaces {
            lines.append(
                "keyspace \(JSONText.readable(Array(space.name.utf8))): \(space.keyCount) keys, "
                    + "about \(space.liveByteCountEstimate) live bytes")
        }
        return lines
    }
}
