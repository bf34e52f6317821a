import CairnStore

/// The list of a class's objects that have stored something: their ids and names.
///
/// One keyspace a class, `do/<unique key>`, keyed by the 32 bytes of the id:
/// Docs/Formats/Keyspaces.md. An object enters with its first commit and leaves with the commit
/// that deletes all it has, so the list and the data never disagree.
struct ObjectDirectory: Sendable {
    let keyspace: Keyspace

    /// The format of an entry: its version, then the name in UTF-8 (none: nothing).
    private static let version: UInt8 = 1

    /// What is known of `id`: whether its entry is all it should be, and its name.
    func find(_ id: DurableObjectID) throws -> (isListed: Bool, name: String?) {
        guard let bytes = try keyspace.get(id.bytes) else { return (false, nil) }
        let name = Self.name(in: bytes)
        // First written to by an id alone, now reached by name: the next commit adds the name.
        return (name != nil || id.name == nil, name)
    }

    /// All objects that have stored something, in the order of their ids.
    func list() throws -> [DurableObjectID] {
        try keyspace.list().compactMap { entry in
            DurableObjectID(bytes: entry.key, name: Self.name(in: entry.value))
        }
    }

    /// Adds what `turn` changes about the object's standing to the turn's batch.
    func update(
        _ batch: inout WriteBatch, for id: DurableObjectID, isListed: inout Bool, _ turn: OpenTurn
    ) {
        if turn.endsEmpty {
            batch.delete(id.bytes, in: keyspace)
            isListed = false
        } else if !isListed {
            batch.put(id.bytes, [Self.version] + Array((id.name ?? "").utf8), in: keyspace)
            isListed = true
        }
    }

    private static func name(in bytes: [UInt8]) -> String? {
        guard bytes.first == version, bytes.count > 1 else { return nil }
        return String(decoding: bytes.dropFirst(), as: UTF8.self)
    }
}
