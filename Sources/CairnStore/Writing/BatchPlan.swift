/// The records of one batch in log order, with every keyspace resolved to its number and every key to its
/// fingerprint.
///
/// A keyspace gets its number with its first put: `create` comes before that put in the same batch.
/// After a drop in the same batch the name is free again, and a put gives it a new number.
struct BatchPlan {
    private(set) var records: [Record] = []
    /// Of the records whose key is in the index.
    private(set) var fingerprints: [Fingerprint?] = []
    /// The version of the keyspaces' names that it was made for.
    let version: UInt64
    /// The lists of chunked puts and where their chunks begin, by the index of the put.
    private var chunked: [Int: (firstChunk: Int, list: ChunkList)] = [:]

    /// Resolves names against `accounts`. The plan holds while their version stays the same.
    init(_ batch: PreparedBatch, _ accounts: borrowing StoreAccounts, _ hash: FingerprintHash) {
        version = accounts.version
        /// Names this batch has changed: their number, or `nil` when dropped.
        var changed: [String: UInt64?] = [:]
        var next = accounts.nextKeyspace
        records.reserveCapacity(batch.steps.count)
        fingerprints.reserveCapacity(batch.steps.count)
        for step in batch.steps {
            switch step {
            case .put(let name, let record, let chunks, let list):
                let number: UInt64
                if let known = changed.isEmpty
                    ? accounts.numbers[name] : changed[name] ?? accounts.numbers[name]
                {
                    number = known
                } else {
                    number = next
                    next += 1
                    changed[name] = number
                    add(
                        Record(
                            kind: .createKeyspace, sequence: 0, keyspace: 0, key: Array(name.utf8)),
                        number)
                }
                let firstChunk = records.count
                for chunk in chunks { add(chunk, number) }
                if let list { chunked[records.count] = (firstChunk, list) }
                add(record, number, hash)
            case .delete(let name, let key):
                guard let number = changed[name] ?? accounts.numbers[name] else { continue }
                add(Record(kind: .delete, sequence: 0, keyspace: 0, key: key), number, hash)
            case .drop(let name):
                guard let number = changed[name] ?? accounts.numbers[name] else { continue }
                changed.updateValue(nil, forKey: name)
                add(
                    Record(kind: .dropKeyspace, sequence: 0, keyspace: 0, key: Array(name.utf8)),
                    number)
            }
        }
    }

    private mutating func add(_ record: Record, _ number: UInt64, _ hash: FingerprintHash? = nil) {
        records.append(record)
        records[records.count - 1].keyspace = number
        fingerprints.append(hash?.fingerprint(number, record.key))
    }

    /// Gives a chunked put the places of its chunks.
    func link(_ index: Int, _ record: inout Record, _ placed: [PlacedRecord]) {
        guard !chunked.isEmpty, let (firstChunk, list) = chunked[index] else { return }
        var complete = list
        complete.chunks = placed[firstChunk..<index].map { chunk in
            ChunkList.Chunk(
                segment: chunk.location.segment, offset: Int(chunk.location.offset),
                byteCount: Int(chunk.location.byteCount))
        }
        record.stored = complete.encoded()
        record.rawByteCount = record.stored.count
    }
}
