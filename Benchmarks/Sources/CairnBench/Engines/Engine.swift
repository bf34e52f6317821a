/// A key-value store that is open, Cairn or another.
protocol Engine: Sendable {
    /// What one thread uses.
    func session() throws -> any EngineSession

    /// Closes cleanly, after all sessions are gone.
    func close() throws
}

/// One thread's access to an engine. Writes are as safe as the engine was opened for.
protocol EngineSession: AnyObject {
    func put(_ key: [UInt8], _ value: [UInt8]) throws

    func delete(_ key: [UInt8]) throws

    /// Puts all of them with one commit.
    func commit(_ entries: EntryList) throws

    /// Fetches a copy of the value, which the session owns until the next `get`.
    /// - Returns: whether the key is there.
    func get(_ key: [UInt8]) throws -> Bool

    /// Shows what the last `get` fetched.
    func withValue<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result

    /// Copies up to `limit` records into `buffer`, from `start` on, as long as they share its first
    /// `prefixByteCount` bytes.
    func scan(
        from start: [UInt8], prefixByteCount: Int, limit: Int, into buffer: ScanBuffer) throws
}

/// Keys and values for one commit, in the two forms that engines take.
struct EntryList {
    private(set) var keys: [[UInt8]] = []
    private(set) var values: [[UInt8]] = []
    private(set) var joinedKeys: [UInt8] = []
    private(set) var joinedValues: [UInt8] = []

    mutating func append(_ key: [UInt8], _ value: [UInt8]) {
        keys.append(key)
        values.append(value)
        joinedKeys += key
        joinedValues += value
    }

    mutating func removeAll() {
        keys.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        joinedKeys.removeAll(keepingCapacity: true)
        joinedValues.removeAll(keepingCapacity: true)
    }
}

/// An engine did not do what it was asked.
struct EngineError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
