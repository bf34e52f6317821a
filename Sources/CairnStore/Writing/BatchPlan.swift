/// The records of one batch in log order, with every keyspace resolved to its number.
///
/// A keyspace gets its number with its first put: `create` comes before that put in the same batch.
/// After a drop in the same batch the name is free again, and a put gives it a new number.
struct BatchPlan {
    /// What a record of the plan does to the index.
    private enum Role {
        case create(name: String, number: UInt64)
        case drop(name: String)
        case chunk
        /// A put whose chunks are the records from `firstChunk` up to it.
        case put(name: String, firstChunk: Int, list: ChunkList?)
        case delete(name: String)
    }

    private(set) var records: [Record] = []
    private var roles: [Role] = []

    /// Resolves names against `index`, which must not change before the plan is applied.
    init(_ batch: PreparedBatch, _ index: borrowing KeyIndex) {
        /// Names this batch has changed: their number, or `nil` when dropped.
        var changed: [String: UInt64?] = [:]
        var next = index.nextKeyspace
        for step in batch.steps {
            switch step {
            case .put(let name, let record, let chunks, let list):
                let number: UInt64
                if let known = changed[name] ?? index.spaces[name]?.number {
                    number = known
                } else {
                    number = next
                    next += 1
                    changed[name] = number
                    add(
                        Record(
                            kind: .createKeyspace, sequence: 0, keyspace: number,
                            key: Array(name.utf8)),
                        .create(name: name, number: number), number)
                }
                let firstChunk = records.count
                for chunk in chunks { add(chunk, .chunk, number) }
                add(record, .put(name: name, firstChunk: firstChunk, list: list), number)
            case .delete(let name, let key):
                guard let number = changed[name] ?? index.spaces[name]?.number else { continue }
                add(
                    Record(kind: .delete, sequence: 0, keyspace: number, key: key),
                    .delete(name: name), number)
            case .drop(let name):
                guard let number = changed[name] ?? index.spaces[name]?.number else { continue }
                changed.updateValue(nil, forKey: name)
                add(
                    Record(kind: .dropKeyspace, sequence: 0, keyspace: number),
                    .drop(name: name), number)
            }
        }
    }

    private mutating func add(_ record: Record, _ role: Role, _ number: UInt64) {
        var record = record
        record.keyspace = number
        records.append(record)
        roles.append(role)
    }

    /// Gives a chunked put the places of its chunks.
    func link(_ index: Int, _ record: inout Record, _ placed: [PlacedRecord]) {
        guard case .put(_, let firstChunk, var list?) = roles[index] else { return }
        list.chunks = placed[firstChunk..<index].map { chunk in
            ChunkList.Chunk(
                segment: chunk.location.segment, offset: Int(chunk.location.offset),
                byteCount: Int(chunk.location.byteCount))
        }
        record.stored = list.encoded()
        record.rawByteCount = record.stored.count
    }

    /// Applies the plan, now that its records have places.
    func apply(_ placed: [PlacedRecord], to index: inout KeyIndex, sequence: UInt64) {
        for (role, placed) in zip(roles, placed) {
            index.countRecordBytes(Int(placed.location.byteCount), in: placed.location.segment)
            switch role {
            case .create(let name, let number):
                index.apply(.create(name: name, number: number), sequence: sequence)
            case .drop(let name): index.apply(.drop(name: name), sequence: sequence)
            case .chunk: break
            case .put(let name, _, _):
                guard let entry = IndexEntry(placed) else { break }
                index.apply(.put(name: name, entry), sequence: sequence)
            case .delete(let name):
                index.apply(.delete(name: name, key: placed.record.key), sequence: sequence)
            }
        }
    }
}
