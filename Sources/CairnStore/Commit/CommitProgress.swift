import CairnPlatform
import Synchronization

/// How far the log is safe, and who is waiting for it to get further.
///
/// Invariants
/// - `durable <= written <= last submitted`; all three only grow.
/// - Once `failure` is set nothing grows any more, and every wait above `durable` fails with it.
/// - Waiters are resumed outside the lock, in the order of their sequences.
///
/// Lock order: innermost; nothing is called under its lock.
final class CommitProgress: Sendable {
    private struct State {
        var written: UInt64
        var failure: StoreError?
        /// The newest sequence the committer has been asked to sync whatever its commit asked for.
        var syncWanted: UInt64 = 0
        var waiters: [Waiter] = []
    }

    private struct Waiter {
        let sequence: UInt64
        let level: Durability
        let resume: Resumption
    }

    private enum Resumption: Sendable {
        case task(CheckedContinuation<StoreError?, Never>)
        case thread(Locked<StoreError??>)
        /// Called without a lock, on whatever thread makes it so.
        case call(@Sendable () -> Void)
    }

    private let durableSequence: Atomic<UInt64>
    private let hasFailed = Atomic(false)
    private let state: Locked<State>
    private let requestSync: @Sendable (UInt64) -> Void
    private let help: (@Sendable () -> Void)?
    private let driver = Locked<CommitDriver?>(nil)

    /// Starts with everything up to `durable` on the platter.
    /// - Parameters:
    ///   - help: what a blocked caller does while it waits: see `LoopProvider.help`.
    ///   - requestSync: asks the committer to sync up to a sequence; called without a lock.
    init(
        durable: CommitSequence, help: (@Sendable () -> Void)?,
        requestSync: @escaping @Sendable (UInt64) -> Void
    ) {
        self.help = help
        self.durableSequence = Atomic(durable.rawValue)
        self.state = Locked(State(written: durable.rawValue))
        self.requestSync = requestSync
    }

    /// Everything up to here is on the platter.
    var durable: CommitSequence {
        CommitSequence(durableSequence.load(ordering: .acquiring))
    }

    /// Why the store is poisoned, if it is.
    var failure: StoreError? {
        hasFailed.load(ordering: .acquiring) ? state.withLock { $0.failure } : nil
    }

    /// Everything up to `sequence` has been handed to the operating system.
    func advanceWritten(to sequence: UInt64) {
        release { state in
            guard state.failure == nil else { return }
            state.written = max(state.written, sequence)
        }
    }

    /// Everything up to `sequence` is on the platter.
    func advanceDurable(to sequence: UInt64) {
        release { state in
            guard state.failure == nil else { return }
            state.written = max(state.written, sequence)
            if sequence > durableSequence.load(ordering: .relaxed) {
                durableSequence.store(sequence, ordering: .releasing)
            }
        }
    }

    /// Nothing more will become safe: every wait above `durable` fails with `error`.
    func fail(_ error: StoreError) {
        release { state in
            state.failure = state.failure ?? error
            // Before anybody hears of it: who has been told must see it everywhere.
            hasFailed.store(true, ordering: .releasing)
        }
    }

    /// Suspends until `sequence` is safe at `level`.
    func wait(for sequence: CommitSequence, _ level: Durability) async throws(StoreError) {
        if level == .memory || durable >= sequence { return }
        let failure = await withCheckedContinuation { continuation in
            enqueue(Waiter(sequence: sequence.rawValue, level: level, resume: .task(continuation)))
        }
        if let failure { throw failure }
    }

    /// Blocks the calling thread until `sequence` is safe at `level`.
    func blockingWait(for sequence: CommitSequence, _ level: Durability) throws(StoreError) {
        if level == .memory || durable >= sequence { return }
        if help == nil, try drive(to: sequence, level) { return }
        let answer = Locked<StoreError??>(nil)
        enqueue(Waiter(sequence: sequence.rawValue, level: level, resume: .thread(answer)))
        let failure = answer.withLock(when: { $0 != nil }, helpingWith: help) { $0 ?? nil }
        if let failure { throw failure }
    }

    /// Has `body` called once `sequence` is durable, or never will be.
    func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) {
        enqueue(Waiter(sequence: sequence, level: .durable, resume: .call(body)))
    }

    /// Lets callers who block do the committer's work.
    func letCallersDrive(_ driver: CommitDriver?) { self.driver.withLock { $0 = driver } }

    /// Does the committer's work until `sequence` is safe; false when somebody else does it.
    private func drive(
        to sequence: CommitSequence, _ level: Durability
    ) throws(StoreError) -> Bool {
        guard let driver = driver.withLock({ $0 }) else { return false }
        while true {
            guard driver.drive() else { return false }
            let answer = state.withLock { state -> StoreError?? in
                let reached =
                    level == .durable
                    ? durableSequence.load(ordering: .relaxed) : state.written
                if reached >= sequence.rawValue { return .some(nil) }
                return state.failure.map { .some($0) }
            }
            if let answer {
                if let failure = answer { throw failure }
                return true
            }
        }
    }

    private func enqueue(_ waiter: Waiter) {
        let (answer, wake) = state.withLock { state -> (StoreError??, Bool) in
            if let answer = outcome(of: waiter, state) { return (answer, false) }
            state.waiters.append(waiter)
            guard waiter.level == .durable, waiter.sequence > state.syncWanted else {
                return (nil, false)
            }
            state.syncWanted = waiter.sequence
            return (nil, true)
        }
        if let answer { resume(waiter, answer) }
        if wake { requestSync(waiter.sequence) }
    }

    /// The waiter's answer, or `nil` while there is none: `.some(nil)` is success.
    private func outcome(of waiter: Waiter, _ state: borrowing State) -> StoreError?? {
        let reached =
            waiter.level == .durable
            ? durableSequence.load(ordering: .relaxed) : state.written
        if reached >= waiter.sequence { return .some(nil) }
        return state.failure.map { .some($0) }
    }

    private func release(_ change: (inout State) -> Void) {
        let ready = state.withLock { state -> [(Waiter, StoreError?)] in
            change(&state)
            var ready: [(Waiter, StoreError?)] = []
            var waiting: [Waiter] = []
            for waiter in state.waiters {
                if let answer = outcome(of: waiter, state) {
                    ready.append((waiter, answer))
                } else {
                    waiting.append(waiter)
                }
            }
            state.waiters = waiting
            return ready
        }
        for (waiter, answer) in ready { resume(waiter, answer) }
    }

    private func resume(_ waiter: Waiter, _ answer: StoreError?) {
        switch waiter.resume {
        case .task(let continuation): continuation.resume(returning: answer)
        case .call(let body): body()
        case .thread(let slot):
            slot.withLock { $0 = .some(answer) }
            slot.wakeWaiters()
        }
    }
}
