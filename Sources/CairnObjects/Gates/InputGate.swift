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
/// An event comes in by steps, and each step is synchronous: it decides and acts at once, and what
/// follows it (the body, or a place in the queue) follows without an await. An await gives the object
/// away even when there is nothing to wait for: Swift queues a task that prefers an executor anew on
/// every return to its actor, and what was decided before would not hold any more.
///
/// Invariants
/// - An event passes when no section is open, or when it was started inside the innermost one; and
///   only when nobody waits who could pass as well.
/// - While `isBatonOut`, exactly one called waiter has not yet arrived; newcomers queue behind.
/// - A section's number is never used again, so that what an old section left behind stays out.
final class InputGate: Sendable {
    /// The number of one critical section.
    typealias Section = Int

    /// A place in the queue. Who has been called holds the baton, and owes a further step or, at once on
    /// arrival, a `passBaton()`.
    final class Place: Sendable {
        private struct State {
            var call: Result<Void, any Error>?
            var continuation: CheckedContinuation<Void, any Error>?
        }

        fileprivate let sections: [Section]
        private let state = Locked(State())

        fileprivate init(inside sections: [Section]) { self.sections = sections }

        /// Returns when the turn of this place has come.
        /// - Throws: the error that broke the gate.
        func called() async throws {
            try await withCheckedThrowingContinuation { continuation in
                let call = state.withLock { state in
                    if state.call == nil { state.continuation = continuation }
                    return state.call
                }
                if let call { continuation.resume(with: call) }
            }
        }

        fileprivate func call(_ result: Result<Void, any Error>) {
            let continuation = state.withLock { state in
                state.call = result
                defer { state.continuation = nil }
                return state.continuation
            }
            continuation?.resume(with: result)
        }
    }

    private struct State {
        /// The open sections, innermost last.
        var sections: [Section] = []
        var lastSection: Section = 0
        var waiters: Deque<Place> = []
        var isBatonOut = false
        var failure: (any Error)?

        func lets(_ sections: [Section]) -> Bool {
            guard let innermost = self.sections.last, !PlantedBug.inputGateStaysOpen.isPlanted
            else { return true }
            return sections.contains(innermost)
        }

        var isBatonHeld: Bool { isBatonOut || PlantedBug.batonForEverybody.isPlanted }

        var hasQueue: Bool { isBatonOut || waiters.contains { lets($0.sections) } }
    }

    private let state = Locked(State())

    /// Whether a section is open.
    var isClosed: Bool { state.withLock { !$0.sections.isEmpty } }

    /// What broke the gate.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Takes one step on an event's way in. Call it on the object, and go on without an await.
    /// - Parameters:
    ///   - sections: the sections the event was started inside of.
    ///   - place: where the event has been called from.
    /// - Returns: `nil` when the event is in; otherwise its place: wait there and step again.
    /// - Throws: the error that broke the gate.
    func step(inside sections: [Section], from place: Place? = nil) throws -> Place? {
        let hasBaton = place != nil
        let next = try state.withLock { state throws -> Place? in
            if let failure = state.failure { throw failure }
            assert(!hasBaton || state.isBatonHeld, "only who has been called holds the baton")
            let passes = state.lets(sections) && (hasBaton || !state.hasQueue)
            if hasBaton { state.isBatonOut = false }
            if passes { return nil }
            let place = Place(inside: sections)
            // Who was let in and found the gate closed again goes to the front.
            if hasBaton { state.waiters.prepend(place) } else { state.waiters.append(place) }
            return place
        }
        if hasBaton { callNext() }
        return next
    }

    /// Lets one event in, for callers to whom it does not matter what comes in between.
    func admit(inside sections: [Section]) async throws {
        var place = try step(inside: sections)
        while let waiting = place {
            try await waiting.called()
            place = try step(inside: sections, from: waiting)
        }
    }

    /// The waiter that was called has arrived; the next one may come.
    func passBaton() {
        state.withLock { state in
            assert(state.isBatonHeld, "only who has been called holds the baton")
            state.isBatonOut = false
        }
        callNext()
    }

    /// Opens a section for an event that is inside `sections`.
    /// - Parameter place: where the event has been called from; it goes on holding the baton only while
    ///   there is no answer.
    /// - Returns: its number, or `nil` when somebody else's section is open.
    /// - Throws: the error that broke the gate; `.tooDeeplyNested`.
    func open(
        inside sections: [Section], depthMax: Int, from place: Place? = nil
    ) throws -> Section? {
        let answer = state.withLock { state -> Result<Section, any Error>? in
            if let failure = state.failure { return .failure(failure) }
            guard state.lets(sections) else { return nil }
            if place != nil { state.isBatonOut = false }
            guard state.sections.count < depthMax else {
                return .failure(
                    DurableObjectError(
                        .tooDeeplyNested, "blockConcurrencyWhile() calls are nested too deeply."))
            }
            state.lastSection += 1
            state.sections.append(state.lastSection)
            return .success(state.lastSection)
        }
        if place != nil && answer != nil { callNext() }
        return try answer?.get()
    }

    /// Ends a section and lets the next waiter in.
    func close(_ section: Section) {
        state.withLock { state in state.sections.removeAll { $0 == section } }
        callNext()
    }

    /// Breaks the gate: every waiter, and every later event, gets `error`.
    func fail(_ error: any Error) {
        let waiters = state.withLock { state -> Deque<Place> in
            guard state.failure == nil else { return [] }
            state.failure = error
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.call(.failure(error)) }
    }

    private func callNext() {
        let called = state.withLock { state -> [Place] in
            var called: [Place] = []
            while !state.isBatonOut || (PlantedBug.batonForEverybody.isPlanted && !called.isEmpty),
                let index = state.waiters.firstIndex(where: { state.lets($0.sections) })
            {
                state.isBatonOut = true
                called.append(state.waiters.remove(at: index))
            }
            return called
        }
        for place in called { place.call(.success(())) }
    }
}
