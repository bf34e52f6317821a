import CairnPlatform
import CairnStore

/// What one turn has written and not yet submitted: later writes of a key replace earlier ones.
struct OpenTurn: Sendable {
    /// Whether everything that was there before has been deleted.
    private(set) var isCleared = false
    /// New values, and `nil` for keys that were deleted.
    private var changes: [[UInt8]: [UInt8]?] = [:]

    var isEmpty: Bool { changes.isEmpty && !isCleared }

    /// Whether the turn leaves the object without any data, as far as it knows itself.
    var endsEmpty: Bool { isCleared && !changes.values.contains { $0 != nil } }

    mutating func put(_ key: [UInt8], _ value: [UInt8]) { changes.updateValue(value, forKey: key) }

    mutating func delete(_ key: [UInt8]) { changes.updateValue(nil, forKey: key) }

    mutating func deleteAll() {
        isCleared = true
        changes = [:]
    }

    /// The value of `key` as this turn sees it.
    func get(_ key: [UInt8], _ keyspace: Keyspace) throws -> [UInt8]? {
        if let change = changes[key] { return change }
        return isCleared ? nil : try keyspace.get(key)
    }

    /// The entries in `range` as this turn sees them.
    func list(
        _ range: KeyRange, _ keyspace: Keyspace
    ) throws -> [(key: [UInt8], value: [UInt8])] {
        guard !isEmpty else {
            return try keyspace.list(range).map { ($0.key, $0.value) }
        }
        var result: [[UInt8]: [UInt8]] = [:]
        if !isCleared {
            var wider = range
            // As many more as this turn may have taken away.
            if let limit = range.limit { wider.limit = limit + changes.count }
            for entry in try keyspace.list(wider) { result[entry.key] = entry.value }
        }
        for (key, value) in changes where range.contains(key) { result[key] = value }
        let sorted = result.sorted { a, b in
            range.reverse ? ByteOrder.precedes(b.key, a.key) : ByteOrder.precedes(a.key, b.key)
        }
        return sorted.prefix(range.limit ?? .max).map { ($0.key, $0.value) }
    }

    /// The turn as operations of a batch.
    func write(into batch: inout WriteBatch, _ keyspace: Keyspace) {
        if isCleared { batch.drop(keyspace) }
        for (key, value) in changes.sorted(by: { ByteOrder.precedes($0.key, $1.key) }) {
            if let value {
                batch.put(key, value, in: keyspace)
            } else if !isCleared {
                batch.delete(key, in: keyspace)
            }
        }
    }
}
