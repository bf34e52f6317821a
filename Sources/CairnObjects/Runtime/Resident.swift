import CairnHTTP
import CairnPlatform
import CairnStore

/// One object in memory: its state, and its instance once the constructor has run.
///
/// Invariants
/// - The constructor runs once, as a turn of the object, before any event. Events that come while it
///   runs are let in one at a time, in order: it is the first section of a gate of its own.
/// - `leases` counts events; with any of them, an open socket, a closed gate or an unsettled commit
///   the resident stays.
final class Resident<Object: DurableObject>: AnyResident {
    private struct Standing {
        var leases = 0
        var lastUsed: Duration
    }

    let state: DurableObjectState
    private let make: @Sendable (DurableObjectState) throws -> Object
    private let instance = Locked<Object?>(nil)
    private let start = InputGate()
    private let standing: Locked<Standing>

    init(
        state: DurableObjectState, now: Duration,
        make: @escaping @Sendable (DurableObjectState) throws -> Object
    ) {
        self.state = state
        self.make = make
        standing = Locked(Standing(lastUsed: now))
    }

    func lease() { standing.withLock { $0.leases += 1 } }

    func release(at now: Duration) {
        standing.withLock { standing in
            standing.leases -= 1
            standing.lastUsed = now
        }
    }

    var idleSince: Duration? {
        guard !state.inputGate.isClosed, !state.hasSockets, state.core.isSettled else {
            return nil
        }
        return standing.withLock { standing in
            standing.leases == 0 || PlantedBug.evictBusyUnfenced.isPlanted
                ? standing.lastUsed : nil
        }
    }

    var isLive: Bool { state.core.standing == nil && start.failure == nil }

    /// Looks up what is stored of the object and runs the constructor, as a turn of the object, so that
    /// it may use storage. Call it once, before anybody asks for the instance.
    func begin() {
        guard let section = try? start.open(inside: [], depthMax: 1) else { return }
        state.executor.run { [self] in
            do {
                try state.core.prepare()
                let object = try make(state)
                instance.withLock { $0 = object }
                start.close(section)
            } catch {
                // What the constructor wrote goes with it.
                state.reset(ObjectCore.noLongerAccessible)
                start.fail(error)
            }
        }
    }

    /// The instance, as soon as it is there and it is the caller's turn.
    /// - Returns: whether the caller has waited: then it owes an `arrived`.
    func object() async throws -> (Object, hasWaited: Bool) {
        let place = try start.step(inside: [])
        try await place?.called()
        guard let object = instance.withLock({ $0 }) else { throw ObjectCore.noLongerAccessible }
        return (object, place != nil)
    }

    /// Says that who had to wait for the instance now runs on it: the next one may come.
    func arrived() { start.passBaton() }

    func evict() {
        if PlantedBug.evictBusyUnfenced.isPlanted { return }
        state.reset(ObjectCore.noLongerAccessible)
    }
}

/// A resident of any class, as the registry keeps it.
protocol AnyResident: AnyObject, Sendable {
    /// Since when nothing needs the object; `nil` while something does.
    var idleSince: Duration? { get }
    /// Whether this instance still answers.
    var isLive: Bool { get }
    /// One event more.
    func lease()
    /// One event less.
    func release(at now: Duration)
    /// Ends the instance because it is idle or the runtime shuts down.
    func evict()
}
