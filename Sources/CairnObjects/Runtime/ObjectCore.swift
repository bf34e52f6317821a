import CairnPlatform
import CairnStore

/// One instance's storage and standing: what it has written in the open turn, what it has submitted,
/// and whether it is still the live one.
///
/// Invariants
/// - The commits of an instance form a chain: each names the one before it, so none survives one
///   that failed.
/// - Once fenced, an instance never commits again: the fence and the commit take the same lock, so a
///   fresh instance never meets a late write of an old one.
/// - The open turn is changed only on the object's executor; `isCurrent` says so.
///
/// Lock order: this lock, then the store's.
final class ObjectCore: Sendable {
    private struct State {
        var turn = OpenTurn()
        var lastTicket: CommitTicket?
        /// Why this instance is no longer the live one.
        var fence: DurableObjectError?
        /// The id with whatever name is known.
        var id: DurableObjectID
        /// The class's directory has this object, and its name where it has one.
        var isListed = false
        /// Runs the instance; holds this core.
        weak var executor: TurnExecutor?
    }

    let settings: ObjectSettings
    let store: Store
    /// The object's own data.
    let keyspace: Keyspace
    private let directory: ObjectDirectory
    private let state: Locked<State>

    init(
        id: DurableObjectID, settings: ObjectSettings, store: Store, keyspace: Keyspace,
        directory: ObjectDirectory
    ) {
        self.settings = settings
        self.store = store
        self.keyspace = keyspace
        self.directory = directory
        state = Locked(State(id: id.inside(knownName: nil)))
    }

    /// Looks up what the store knows of the object. Call it once, in the first turn: every earlier
    /// instance is fenced by then.
    func prepare() throws {
        let (isListed, name) = try directory.find(id)
        // What an earlier instance wrote may not be durable yet, and this one depends on it.
        let inherited = store.ticket(for: keyspace.lastSequence)
        state.withLock { state in
            state.id = state.id.inside(knownName: name)
            state.isListed = isListed
            state.lastTicket = inherited.isDurable ? nil : inherited
        }
    }

    /// The object's id, with its name where that is known.
    var id: DurableObjectID { state.withLock { $0.id } }

    /// What runs the instance; set by it before the first turn.
    var executor: TurnExecutor? {
        get { state.withLock { $0.executor } }
        set { state.withLock { $0.executor = newValue } }
    }

    // MARK: Whose turn it is

    /// Whether the calling code runs in a turn of this instance.
    var isCurrent: Bool {
        unsafe ThreadTurn.current == UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    }

    /// The instance whose turn the calling thread runs, if any.
    static var current: ObjectCore? {
        // Set by `whileCurrent` alone, which keeps the object alive for as long.
        guard let pointer = unsafe ThreadTurn.current else { return nil }
        return unsafe Unmanaged<ObjectCore>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Runs `body` as part of a turn of this instance.
    func whileCurrent(_ body: () -> Void) {
        let outer = unsafe ThreadTurn.current
        unsafe ThreadTurn.current = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        withExtendedLifetime(self) { body() }
        unsafe ThreadTurn.current = outer
    }

    // MARK: The open turn

    /// What the open turn has written so far, for a read that looks behind it. A copy: nothing reads
    /// the disk under a lock.
    /// - Throws: `.notIsolated` off the object, `.noLongerLive` or `.reset` once it has been fenced.
    func openTurn() throws(DurableObjectError) -> OpenTurn {
        try checkIsolation()
        return try state.withLock { state throws(DurableObjectError) in
            if let fence = state.fence, !PlantedBug.endedInstanceWrites.isPlanted { throw fence }
            return state.turn
        }
    }

    /// Changes what the open turn writes.
    /// - Throws: as `openTurn`.
    func write(_ change: (inout OpenTurn) -> Void) throws(DurableObjectError) {
        try checkIsolation()
        try state.withLock { state throws(DurableObjectError) in
            if let fence = state.fence, !PlantedBug.endedInstanceWrites.isPlanted { throw fence }
            change(&state.turn)
        }
        if PlantedBug.turnTornApart.isPlanted { _ = try seal(isEnd: true) }
    }

    private func checkIsolation() throws(DurableObjectError) {
        guard !isCurrent else { return }
        throw DurableObjectError(
            .notIsolated,
            "storage of object \(id) was called off the object; call it from the object's own methods"
        )
    }

    /// Submits what the open turn has written and returns the newest ticket, or `nil` when the
    /// instance has never written. Whatever leaves the object takes it first.
    /// - Throws: `.noLongerLive` once fenced; `.reset` when the commit is refused, which fences.
    /// - Parameter isEnd: the turn's job has ended.
    func seal(isEnd: Bool = false) throws(DurableObjectError) -> CommitTicket? {
        try state.withLock { state throws(DurableObjectError) -> CommitTicket? in
            if let fence = state.fence { throw fence }
            if PlantedBug.gateMissesOpenTurn.isPlanted && !isEnd { return state.lastTicket }
            guard !state.turn.isEmpty else { return state.lastTicket }
            var batch = WriteBatch()
            state.turn.write(into: &batch, keyspace)
            directory.update(&batch, for: state.id, isListed: &state.isListed, state.turn)
            do throws(StoreError) {
                state.lastTicket = try store.commit(batch, after: state.lastTicket)
            } catch {
                if PlantedBug.refusedTurnForgotten.isPlanted && isEnd {
                    state.turn = OpenTurn()
                    return state.lastTicket
                }
                let fence = Self.reset(by: error)
                state.fence = fence
                throw fence
            }
            state.turn = OpenTurn()
            return state.lastTicket
        }
    }

    /// Makes a commit of somebody else's on the instance's behalf. Under the lock of the fence: none is made
    /// after it.
    /// - Throws: `.noLongerLive` or `.reset` once fenced; what the store throws.
    func whileLive(_ commit: OutboundGate.Commit) throws -> CommitTicket {
        try state.withLock { state in
            if let fence = state.fence { throw fence }
            return try commit()
        }
    }

    /// The executor's end-of-job hook: commits a turn that ended in a plain await.
    func endTurn() {
        // A refusal fences the instance; whoever talks to it next is told.
        _ = try? seal(isEnd: true)
    }

    // MARK: Standing

    /// Waits until `ticket` is durable; when that fails, the instance is fenced.
    func settle(_ ticket: CommitTicket?) async throws(DurableObjectError) {
        guard let ticket, !PlantedBug.resultLeavesEarly.isPlanted else { return }
        do throws(StoreError) { try await ticket.durable() } catch {
            let fence = Self.reset(by: error)
            self.fence(fence)
            throw fence
        }
    }

    /// Ends this instance: its storage, KV, sockets and stubs refuse from now on.
    func fence(_ error: DurableObjectError) {
        state.withLock { $0.fence = $0.fence ?? error }
    }

    /// Why the instance is no longer the live one, or `nil` while it is.
    ///
    /// Notices a commit that failed while nobody waited for it.
    var standing: DurableObjectError? {
        state.withLock { state in
            if state.fence == nil, let failure = store.failure, let ticket = state.lastTicket,
                !ticket.isDurable
            {
                state.fence = Self.reset(by: failure)
            }
            return state.fence
        }
    }

    /// Whether everything the instance has written is durable.
    var isSettled: Bool {
        state.withLock { $0.turn.isEmpty && ($0.lastTicket?.isDurable ?? true) }
    }

    private static func reset(by error: StoreError) -> DurableObjectError {
        DurableObjectError(
            .reset, "Durable Object was reset because its storage failed: \(error.message)")
    }

    /// The fence of an instance that was let go or aborted.
    static let noLongerAccessible = DurableObjectError(
        .noLongerLive, "Durable Object storage is no longer accessible.", isRetryable: true)
}
