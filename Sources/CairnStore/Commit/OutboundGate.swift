/// Holds back what must not leave an object before the object's own writes are safe.
///
/// A layer that carries something out on an object's behalf (a KV write, a message) meets the
/// object only as this value: it knows tickets and nothing else. Outside every object the gate is
/// `open` and costs nothing.
public struct OutboundGate: Sendable {
    /// A gate that holds nothing back: for callers that are not inside an object.
    public static let open = OutboundGate(newest: { () throws in nil })

    private let newest: @Sendable () async throws -> CommitTicket?
    private let whileLive: @Sendable (Commit) throws -> CommitTicket

    /// A commit that is made on an object's behalf.
    public typealias Commit = () throws(StoreError) -> CommitTicket

    /// A gate of an object.
    /// - Parameters:
    ///   - newest: seals the object's open turn and returns its newest ticket, or `nil`
    ///     when it has written nothing. Throws when the object instance is no longer the live one.
    ///   - whileLive: makes a commit that no end of the instance can come before; throws when it has
    ///     ended.
    public init(
        newest: @escaping @Sendable () async throws -> CommitTicket?,
        whileLive: @escaping @Sendable (Commit) throws -> CommitTicket = { try $0() }
    ) {
        self.newest = newest
        self.whileLive = whileLive
    }

    /// Throws when the object behind the gate is no longer the live instance; seals its open turn.
    /// Does not wait for the disk: for reads, which need not be held back but must be refused.
    public func admit() async throws {
        _ = try await newest()
    }

    /// Returns once everything the object has written so far is on the platter.
    public func pass() async throws {
        try await newest()?.durable()
    }

    /// Passes, then commits `batch`. The instance may have ended while it waited: then nothing is
    /// committed, for its successor may have answered in the meantime.
    public func commit(_ batch: WriteBatch, to store: Store) async throws -> CommitTicket {
        try await pass()
        return try whileLive { () throws(StoreError) in try store.commit(batch) }
    }
}
