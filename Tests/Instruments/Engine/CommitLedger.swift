/// What was committed, in order, and how much of it was promised to survive what.
///
/// Invariants: `first <= durable <= last`, `written <= last`; `contents(at:)` knows every state from
/// `first` to `last`.
struct CommitLedger: Sendable {
    /// The sequence of the oldest state that is kept.
    private(set) var first: UInt64 = 0
    private var base = StoreContents()
    private var later: [StoreContents] = []
    /// Everything up to here must survive a power cut.
    private(set) var durable: UInt64 = 0
    /// Everything up to here must survive the end of the process.
    private(set) var written: UInt64 = 0

    /// The newest commit.
    var last: UInt64 { first + UInt64(later.count) }

    /// What is visible.
    var current: StoreContents { later.last ?? base }

    /// The state after commit `sequence`, if it is one that may still be found.
    func contents(at sequence: UInt64) -> StoreContents? {
        if sequence == first { return base }
        guard sequence > first, sequence <= last else { return nil }
        return later[Int(sequence - first - 1)]
    }

    mutating func commit(_ contents: StoreContents) { later.append(contents) }

    mutating func promiseDurable(_ sequence: UInt64) {
        durable = max(durable, sequence)
        written = max(written, durable)
        // What came before can never be found again.
        guard durable > first, let contents = contents(at: durable) else { return }
        later.removeFirst(Int(durable - first))
        base = contents
        first = durable
    }

    mutating func promiseWritten(_ sequence: UInt64) { written = max(written, sequence) }

    /// The store has been opened again and holds the commits up to `sequence`: all of it is durable now,
    /// and what came after is gone for good.
    mutating func reopened(at sequence: UInt64) {
        guard let contents = contents(at: sequence) else { return }
        base = contents
        later = []
        first = sequence
        durable = sequence
        written = sequence
    }
}
