import CairnPlatform
import DequeModule

/// Decides when events are delivered to an object.
///
/// An object may wait in the middle of an event, and other events may then be delivered: that is
/// what awaiting means. A *critical section* closes the gate: until it ends, only events that it
/// started itself get through; all others wait in the order they came. Sections nest; the innermost
/// one counts. A section that fails breaks the gate for good: the instance is reset.
///
/// Waiters are let in one at a time: each lets the next one go once it runs on the object itself.
/// Resumed together they would overtake each other, for each passes through the shared pool first.
///
/// Invariants
/// - An event passes when no section is open, or when it was started inside the innermost one; and
///   only when nobody waits who could pass as well.
/// - While `isBatonOut`, exactly one resumed waiter has not yet arrived; newcomers queue behind.
/// - A section's number is never used again, so that what an old section left behind stays out.
final class InputGate: Sendable {
    /// The number of one critical section.
    typealias Section = Int

    private struct Waiter {
        let sections: [Section]
        /// Resumed with true: the baton comes with it.
        let continuation: CheckedContinuation<Bool, any Error>
    }

    private struct State {
        /// The open sections, innermost last.
        var sections: [Section] = []
        var lastSection: Section = 0
        var waiters: Deque<Waiter> = []
        var isBatonOut = false
        var failure: (any Error)?

        func lets(_ sections: [Section]) -> Bool {
            guard let innermost = self.sections.last, !PlantedBug.inputGateStaysOpen.isPlanted
            else { return true }
            return sections.contains(innermost)
        }

        var hasQueue: Bool { isBatonOut || waiters.contains { lets($0.sections) } }
    }

    private let state = Locked(State())

    /// Whether a section is open.
    var isClosed: Bool { state.withLock { !$0.sections.isEmpty } }

    /// What broke the gate.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Lets one event in, at once or when its turn has come. Call it on the object, first of all.
    /// - Parameter sections: the sections the event was started inside of.
    /// - Throws: the error that broke the gate.
    func admit(inside sections: [Section]) async throws {
        if try await queue(inside: sections) { passBaton() }
    }

    /// Returns when the event's turn has come.
    /// - Returns: whether it holds the baton; then the caller owes a `passBaton()` as soon as it has
    ///   arrived where the order matters.
    func queue(inside sections: [Section]) async throws -> Bool {
        var hasBaton = false
        while true {
            let passes = try state.withLock { state throws -> Bool in
                if let failure = state.failure { throw failure }
                return state.lets(sections) && (hasBaton || !state.hasQueue)
            }
            if passes { return hasBaton }
            hasBaton = try await wait(inside: sections, hasBaton: hasBaton)
        }
    }

    /// The waiter that was let in has arrived; the next one may come.
    func passBaton() {
        state.withLock { state in
            assert(state.isBatonOut, "only who holds the baton passes it on")
            state.isBatonOut = false
        }
        resumeNext()
    }

    /// Opens a section for an event that is inside `sections`.
    /// - Returns: its number, or `nil` when somebody else's section is open.
    /// - Throws: the error that broke the gate; `.tooDeeplyNested`.
    func open(inside sections: [Section], depthMax: Int) throws -> Section? {
        try state.withLock { state throws -> Section? in
            if let failure = state.failure { throw failure }
            guard state.lets(sections) else { return nil }
            guard state.sections.count < depthMax else {
                throw DurableObjectError(
                    .tooDeeplyNested, "blockConcurrencyWhile() calls are nested too deeply.")
            }
            state.lastSection += 1
            state.sections.append(state.lastSection)
            return state.lastSection
        }
    }

    /// Ends a section and lets the next waiter in.
    func close(_ section: Section) {
        state.withLock { state in state.sections.removeAll { $0 == section } }
        resumeNext()
    }

    /// Breaks the gate: every waiter, and every later event, gets `error`.
    func fail(_ error: any Error) {
        let waiters = state.withLock { state -> Deque<Waiter> in
            guard state.failure == nil else { return [] }
            state.failure = error
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: error) }
    }

    /// - Parameter hasBaton: it was let in and found the gate closed again: it goes to the front.
    /// - Returns: whether it holds the baton now.
    private func wait(inside sections: [Section], hasBaton: Bool) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = state.withLock { state -> Result<Bool, any Error> in
                if let failure = state.failure { return .failure(failure) }
                // The gate may have opened in between: nobody would wake a late waiter.
                if state.lets(sections) && (hasBaton || !state.hasQueue) { return .success(true) }
                let waiter = Waiter(sections: sections, continuation: continuation)
                if hasBaton {
                    state.waiters.prepend(waiter)
                    state.isBatonOut = false
                } else {
                    state.waiters.append(waiter)
                }
                return .success(false)
            }
            switch outcome {
            case .success(true): continuation.resume(returning: hasBaton)
            case .success(false): if hasBaton { resumeNext() }
            case .failure(let error): continuation.resume(throwing: error)
            }
        }
    }

    private func resumeNext() {
        let waiter = state.withLock { state -> Waiter? in
            guard !state.isBatonOut,
                let index = state.waiters.firstIndex(where: { state.lets($0.sections) })
            else { return nil }
            state.isBatonOut = true
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: true)
    }
}
