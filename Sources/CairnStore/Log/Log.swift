import CairnPlatform

/// The end of the log as many threads see it: commits come in, the committer takes frames out, the
/// preparer brings segments.
///
/// Lock order: this lock, then the index's, then `CommitProgress`'s and the preparer's mail. No I/O
/// happens under it; a commit may wait under it only for room, which the committer and the preparer
/// make without holding it.
final class Log: Sendable {
    let progress: CommitProgress
    let state: Locked<LogState>
    /// What all who work on the log have done.
    let counters: StoreCounters
    private let pendingByteCountMax: Int
    private let committer: any BackgroundLoop
    private let preparer: any BackgroundLoop
    private let help: (@Sendable () -> Void)?
    /// Whose unsorted keys commits wait for when there are too many: they bound memory too.
    private let keys: KeyLog

    /// How much `.memory` commits may pile up before they are written without being asked for.
    private static let lazyByteCountMax = 256 << 10

    /// - Parameters:
    ///   - pendingByteCountMax: unwritten bytes at which commits wait.
    ///   - committer: woken when there is something to write or to sync.
    ///   - preparer: woken when a segment is wanted.
    ///   - help: what callers do while they wait for either.
    init(
        _ state: consuming sending LogState, pendingByteCountMax: Int,
        committer: any BackgroundLoop,
        preparer: any BackgroundLoop, help: (@Sendable () -> Void)?, counters: StoreCounters,
        keys: KeyLog
    ) {
        self.keys = keys
        self.counters = counters
        let durable = CommitSequence(state.nextSequence - 1)
        let locked = Locked(state)
        self.state = locked
        self.pendingByteCountMax = pendingByteCountMax
        self.committer = committer
        self.preparer = preparer
        self.help = help
        progress = CommitProgress(durable: durable, help: help) { sequence in
            locked.withLock { $0.syncWanted = max($0.syncWanted, sequence) }
            committer.wake()
        }
    }

    /// Makes room for one batch, runs `encode` under the lock, and returns the sequence it gave; 0 when it
    /// gave none because it did nothing.
    ///
    /// Waits while too much is unwritten, or while a full segment's successor is being made.
    /// - Parameter callerWaits: the caller will wait for the commit at once, and may write it itself.
    func append(
        byteCountBound: Int, deletesOnly: Bool, durability: Durability, callerWaits: Bool,
        _ encode: (inout LogState) -> UInt64?
    ) throws(StoreError) -> UInt64 {
        var hasAsked = false
        let outcome = state.withLock(
            when: { state in
                canDecide(&state, byteCountBound, deletesOnly: deletesOnly, &hasAsked)
            }, helpingWith: help
        ) { state -> Result<(UInt64, wake: Bool), StoreError> in
            if let refusal = state.refusal { return .failure(refusal) }
            guard state.makeRoom(for: byteCountBound, deletesOnly: deletesOnly) else {
                return .failure(state.spareFailure ?? StoreError(.noSpace, "no room in the log"))
            }
            guard let sequence = encode(&state) else { return .success((0, false)) }
            if durability == .durable { state.syncWanted = max(state.syncWanted, sequence) }
            if durability > .memory || state.pendingByteCount >= Self.lazyByteCountMax {
                state.writeWanted = true
            }
            if state.needsSpare { preparer.wake() }
            return .success((sequence, state.writeWanted))
        }
        let (sequence, wake) = try outcome.get()
        if wake && !(callerWaits && help == nil) { committer.wake() }
        return sequence
    }

    /// Whether a commit of that size can be taken or refused now; if not, asks for what it lacks.
    private func canDecide(
        _ state: inout LogState, _ byteCount: Int, deletesOnly: Bool, _ hasAsked: inout Bool
    ) -> Bool {
        if state.refusal != nil { return true }
        guard state.pendingByteCount < pendingByteCountMax else {
            if !state.writeWanted {
                state.writeWanted = true
                committer.wake()
            }
            return false
        }
        // The indexer wakes whoever waits after each of its steps.
        if keys.isBehind { return false }
        if state.makeRoom(for: byteCount, deletesOnly: deletesOnly) { return true }
        if hasAsked { return state.spareFailure != nil }
        // Every commit that finds no room makes the preparer try again, so that writes resume by
        // themselves once there is space.
        hasAsked = true
        state.spareFailure = nil
        state.spareWanted = true
        preparer.wake()
        return false
    }

    /// Gives the log the segment that will follow the active one, or says why there is none.
    func deliverSpare(_ spare: Result<Segment, StoreError>) {
        state.withLock { state in
            switch spare {
            case .success(let segment): state.add(spare: segment)
            case .failure(let error): state.spareFailure = error
            }
            state.spareWanted = false
        }
        state.wakeWaiters()
    }

    /// Up to `byteCount` bytes from `offset` of `segment` on while they are only in memory.
    func pendingBytes(of segment: Segment, at offset: Int, byteCount: Int) -> [UInt8]? {
        state.withLock { $0.pendingBytes(of: segment, at: offset, byteCount: byteCount) }
    }

    /// Takes no more commits, and nothing above what is durable will ever be safe.
    func poison(_ error: StoreError) {
        state.withLock { $0.refusal = error }
        progress.fail(error)
        state.wakeWaiters()
        committer.wake()
        preparer.wake()
    }

    /// Takes no more commits; the loops finish what is pending and end.
    func stop(_ refusal: StoreError) {
        state.withLock { state in
            state.isStopping = true
            state.refusal = state.refusal ?? refusal
        }
        state.wakeWaiters()
        committer.wake()
        committer.join()
        preparer.wake()
        preparer.join()
    }
}
