import CairnPlatform
import CairnStore

/// An object's own storage: synchronous, ordered, transactional by turn.
///
/// Every call returns at once; nothing of the object can run in between. All writes between two
/// awaits become one atomic commit, and a read sees them at once. Durability is the output gate's
/// business: nothing leaves the object before its writes are durable. For what Cairn does not carry
/// out of the object (somebody else's HTTP client), there is `sync()`.
///
/// Calls are refused off the object (`.notIsolated`) and on an instance that is no longer the live
/// one (`.noLongerLive`, `.reset`).
public struct ObjectStorage: Sendable {
    private let executor: TurnExecutor

    init(executor: TurnExecutor) { self.executor = executor }

    private var core: ObjectCore { executor.core }

    /// The value of `key`, or `nil` when there is none.
    /// - Throws: `.typeMismatch`, naming both types, when it was stored as another type.
    public func get<Value: Decodable & Sendable>(
        _ key: String, as type: Value.Type
    ) throws -> Value? {
        let bytes = try check(key)
        return try core.openTurn().get(bytes, core.keyspace)
            .map { try ObjectValue.decode($0, as: type) }
    }

    /// The values of up to 128 keys; those without one are left out.
    /// - Throws: as the single form; `.invalidArgument` for too many keys.
    public func get<Value: Decodable & Sendable>(
        _ keys: [String], as type: Value.Type
    ) throws -> [String: Value] {
        try checkCount(keys.count)
        var result: [String: Value] = [:]
        for key in keys { result[key] = try get(key, as: type) }
        return result
    }

    /// Sets `key`.
    /// - Throws: `.invalidArgument` for a key over 2048 bytes or a value over 128 KiB.
    public func put<Value: Encodable & Sendable>(_ key: String, _ value: Value) throws {
        let (key, value) = (try check(key), try encode(value))
        try core.write { $0.put(key, value) }
    }

    /// Sets up to 128 keys: all of them, or none when any is refused.
    /// - Throws: as the single form.
    public func put<Value: Encodable & Sendable>(_ entries: [String: Value]) throws {
        try checkCount(entries.count)
        let encoded = try entries.map { (try check($0.key), try encode($0.value)) }
        try core.write { turn in
            for (key, value) in encoded { turn.put(key, value) }
        }
    }

    /// Removes `key` and says whether it was there.
    @discardableResult
    public func delete(_ key: String) throws -> Bool {
        let bytes = try check(key)
        guard try core.openTurn().get(bytes, core.keyspace) != nil else { return false }
        try core.write { $0.delete(bytes) }
        return true
    }

    /// Removes up to 128 keys and says how many were there.
    @discardableResult
    public func delete(_ keys: [String]) throws -> Int {
        try checkCount(keys.count)
        for key in keys { _ = try check(key) }
        return try keys.reduce(0) { try delete($1) ? $0 + 1 : $0 }
    }

    /// The entries that `options` select, in order.
    /// - Throws: `.invalidArgument` for a limit that is not positive or both kinds of start;
    ///   `.typeMismatch` when any value was stored as another type.
    public func list<Value: Decodable & Sendable>(
        _ options: ObjectListOptions = ObjectListOptions(), as type: Value.Type
    ) throws -> [(key: String, value: Value)] {
        let range = try range(options)
        return try core.openTurn().list(range, core.keyspace).map { entry in
            (
                String(decoding: entry.key, as: UTF8.self),
                try ObjectValue.decode(entry.value, as: type)
            )
        }
    }

    /// Removes everything with one record, whatever there is. What the same turn writes after it
    /// stays.
    public func deleteAll() throws {
        try core.write { $0.deleteAll() }
    }

    /// Returns once everything written so far is durable.
    /// - Throws: `.reset` when that failed: the object starts anew from what is durable.
    public func sync() async throws {
        let ticket = try await executor.sealed()
        if !PlantedBug.syncReturnsEarly.isPlanted { try await core.settle(ticket) }
    }

    private func check(_ key: String) throws -> [UInt8] {
        let bytes = Array(key.utf8)
        let limit = core.settings.keyByteCountMax
        guard bytes.count <= limit else {
            throw DurableObjectError(
                .invalidArgument,
                "Keys cannot be larger than \(limit) bytes. A key of size \(bytes.count) was "
                    + "provided.")
        }
        return bytes
    }

    private func encode(_ value: some Encodable) throws -> [UInt8] {
        let bytes = try ObjectValue.encode(value)
        let limit = core.settings.valueByteCountMax
        // The kind and the type's name ride along, as Cloudflare's own serialisation does.
        guard bytes.count <= limit + 34 else {
            throw DurableObjectError(
                .invalidArgument,
                "Values cannot be larger than \(limit) bytes. A value of size \(bytes.count) was "
                    + "provided.")
        }
        return bytes
    }

    private func checkCount(_ count: Int) throws {
        let limit = core.settings.keyCountMax
        guard count > limit else { return }
        throw DurableObjectError(
            .invalidArgument,
            "Maximum number of key value pairs is \(limit). \(count) pairs were provided.")
    }

    private func range(_ options: ObjectListOptions) throws -> KeyRange {
        if let limit = options.limit, limit <= 0 {
            throw DurableObjectError(.invalidArgument, "List limit must be positive.")
        }
        if options.start != nil && options.startAfter != nil {
            throw DurableObjectError(
                .invalidArgument, "list() cannot be called with both start and startAfter values.")
        }
        return KeyRange(
            prefix: Array((options.prefix ?? "").utf8), start: options.start.map { Array($0.utf8) },
            startAfter: options.startAfter.map { Array($0.utf8) },
            end: options.end.map { Array($0.utf8) }, reverse: options.reverse,
            limit: options.limit)
    }
}
