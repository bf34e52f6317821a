import CairnPlatform

/// A batch made ready for the log without any lock: checked, compressed, cut into chunks.
struct PreparedBatch: Sendable {
    /// One operation and its value as it will be stored.
    enum Step: Sendable {
        case put(keyspace: String, record: Record, chunks: [Record], list: ChunkList?)
        case delete(keyspace: String, key: [UInt8])
        case drop(keyspace: String)
    }

    let steps: [Step]
    /// Whether nothing is put: such a batch may use the room kept for deletes.
    let deletesOnly: Bool
    /// At least what the batch takes in the log, keyspace records included.
    let byteCountBound: Int

    /// - Throws: `.invalid` when a key, value or metadata is longer than `StoreLimits` allows.
    init(_ batch: WriteBatch, compress: Bool) throws(StoreError) {
        var steps: [Step] = []
        steps.reserveCapacity(batch.operations.count)
        var deletesOnly = true
        for operation in batch.operations {
            switch operation {
            case .put(let keyspace, let key, let value, let metadata, let expiry):
                try Self.check(key, value, metadata)
                deletesOnly = false
                let record = Record(
                    kind: .put, sequence: 0, keyspace: 0, key: key, metadata: metadata,
                    expiry: expiry)
                steps.append(Self.put(value, record, in: keyspace, compress: compress))
            case .delete(let keyspace, let key):
                try Self.check(key, [], [])
                steps.append(.delete(keyspace: keyspace, key: key))
            case .drop(let keyspace): steps.append(.drop(keyspace: keyspace))
            }
        }
        self.steps = steps
        self.deletesOnly = deletesOnly
        byteCountBound = Self.bound(of: steps)
    }

    private static func check(
        _ key: [UInt8], _ value: [UInt8], _ metadata: [UInt8]
    ) throws(StoreError) {
        try check(key.count, StoreLimits.keyByteCountMax, "key")
        try check(value.count, StoreLimits.valueByteCountMax, "value")
        try check(metadata.count, StoreLimits.metadataByteCountMax, "metadata")
    }

    private static func check(_ count: Int, _ limit: Int, _ what: String) throws(StoreError) {
        guard count > limit else { return }
        throw StoreError(
            .invalid, "a \(what) of \(count) bytes is longer than the limit of \(limit)")
    }

    private static func put(
        _ value: [UInt8], _ template: Record, in keyspace: String, compress: Bool
    ) -> Step {
        var record = template
        guard value.count > StoreLimits.chunkByteCountMax else {
            store(value, in: &record, compress: compress)
            return .put(keyspace: keyspace, record: record, chunks: [], list: nil)
        }
        var chunks: [Record] = []
        for start in stride(from: 0, to: value.count, by: StoreLimits.chunkByteCountMax) {
            let end = min(start + StoreLimits.chunkByteCountMax, value.count)
            var chunk = Record(kind: .chunk, sequence: 0, keyspace: 0, key: record.key)
            store(Array(value[start..<end]), in: &chunk, compress: compress)
            chunks.append(chunk)
        }
        record.flags.insert(.chunked)
        // Room for the list of chunks, which takes its place once they have places.
        record.stored = [UInt8](
            repeating: 0, count: ChunkList.byteCountBound(forValueOf: value.count))
        var checksum = CRC32C()
        checksum.add(value)
        let list = ChunkList(
            valueByteCount: value.count, valueChecksum: checksum.value, chunks: [])
        return .put(keyspace: keyspace, record: record, chunks: chunks, list: list)
    }

    private static func store(_ value: [UInt8], in record: inout Record, compress: Bool) {
        record.rawByteCount = value.count
        if compress, let compressed = Deflate.compress(value) {
            record.codec = .deflate
            record.stored = compressed
        } else {
            record.stored = value
        }
    }

    /// More than a record's fixed part and varints.
    private static let overheadByteCount = 80

    private static func bound(of steps: [Step]) -> Int {
        var sum = 0
        // The keyspace that surely exists by now: others may need a record of their own first.
        var known: String?
        for step in steps {
            switch step {
            case .put(let keyspace, let record, let chunks, _):
                sum += keyspace == known ? 0 : overheadByteCount + keyspace.utf8.count
                sum += record.byteCountBound
                sum += chunks.reduce(0) { $0 + $1.byteCountBound }
                known = keyspace
            case .delete(_, let key): sum += overheadByteCount + key.count
            case .drop:
                sum += overheadByteCount
                known = nil
            }
        }
        return sum
    }
}
