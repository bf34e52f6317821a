/// The claim check of one commit: its place in the order, and a way to wait for its safety.
///
/// The commit is already visible when the ticket exists. It is *acknowledged* when `acknowledged()`
/// returns: safe at the level it was asked for. `durable()` waits for the platter whatever level
/// was asked for. Tickets are small values; copy and keep them freely.
public struct CommitTicket: Sendable {
    /// The commit's place in the order.
    public let sequence: CommitSequence
    /// The level it was asked for.
    public let durability: Durability
    let progress: CommitProgress

    /// Whether the commit is on the platter. One atomic load; never waits.
    public var isDurable: Bool { progress.durable >= sequence }

    /// Returns once the commit is on the platter.
    /// - Throws: `.poisoned` when that will never be known: the outcome is decided at the next open.
    public func durable() async throws(StoreError) {
        try await progress.wait(for: sequence, .durable)
    }

    /// Returns once the commit is as safe as was asked.
    /// - Throws: `.poisoned` when that will never be known.
    public func acknowledged() async throws(StoreError) {
        try await progress.wait(for: sequence, durability)
    }

    /// The same as `durable()` for callers on threads of their own. Never call it from a task.
    public func waitUntilDurable() throws(StoreError) {
        try progress.blockingWait(for: sequence, .durable)
    }

    /// The same as `acknowledged()` for callers on threads of their own.
    public func waitUntilAcknowledged() throws(StoreError) {
        try progress.blockingWait(for: sequence, durability)
    }
}
