/// One key with what is stored under it.
public struct Entry: Sendable, Hashable {
    /// The key, 1 byte to 64 KiB... see `StoreLimits`.
    public let key: [UInt8]
    /// The value as it was put.
    public let value: [UInt8]
    /// The metadata as it was put; empty when there was none.
    public let metadata: [UInt8]
    /// Milliseconds since the epoch from which the entry is gone; `nil` when it stays.
    public let expiry: Int64?
    /// The commit that wrote it. An answer to the outside world must wait until that is durable:
    /// `Store.ticket(for:)`.
    public let sequence: CommitSequence
}

/// One key with all that is known of it without touching its value.
public struct KeyEntry: Sendable, Hashable {
    /// The key.
    public let key: [UInt8]
    /// The metadata as it was put; empty when there was none.
    public let metadata: [UInt8]
    /// Milliseconds since the epoch from which the entry is gone; `nil` when it stays.
    public let expiry: Int64?
    /// The commit that wrote it.
    public let sequence: CommitSequence
}
