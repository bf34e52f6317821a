import CairnStore

/// What may be in the store: the state that was seen last, and every step handed to the store since.
///
/// A kill may lose the steps after the last acknowledged one, from the end; nothing else.
struct Ledger: Sendable {
    /// What was there when somebody last looked.
    private var seen = StoreModel()
    private var steps: [WorkloadStep] = []
    /// How many of `steps` have been acknowledged.
    private var acknowledged = 0
    /// How often it was compared with the store.
    private(set) var comparisons = 0

    /// A step that is about to be handed to the store.
    mutating func submit(_ step: WorkloadStep) { steps.append(step) }

    /// Everything up to step `number` since somebody looked is safe from a kill.
    mutating func acknowledge(upTo number: Int) { acknowledged = max(acknowledged, number) }

    /// The store was closed: all there is is safe.
    mutating func acknowledgeAll() { acknowledged = steps.count }

    /// Compares with what an open found.
    /// - Throws: when that is no state that a kill may leave.
    mutating func compare(sequence: UInt64, digest: UInt64) throws {
        try settle(
            { $0.sequence == sequence && $0.digest == digest },
            otherwise: { "found commit \(sequence), which does not hold what it must" })
    }

    /// The same, thing by thing, for one who has the store open.
    mutating func compare(with found: StoreModel) throws {
        // The state that this one claims to be.
        var nearest = seen
        for step in steps where nearest.sequence < found.sequence { nearest.apply(step.changes) }
        let difference = nearest.difference(from: found) ?? "nothing lost"
        try settle(
            { $0.difference(from: found) == nil }, otherwise: { "expected \(difference)" })
    }

    private mutating func settle(
        _ isFound: (StoreModel) -> Bool, otherwise: () -> String
    ) throws {
        comparisons += 1
        var state = seen
        var lost: Int?
        for count in 0...steps.count {
            if count > 0 { state.apply(steps[count - 1].changes) }
            guard isFound(state) else { continue }
            guard count >= acknowledged else {
                lost = count
                continue
            }
            seen = state
            steps = []
            acknowledged = 0
            return
        }
        if let lost {
            throw BrokenPromise(
                "\(acknowledged) steps were acknowledged, only \(lost) are there: lost since "
                    + "commit \(seen.sequence)")
        }
        throw BrokenPromise(
            "after commit \(seen.sequence), \(steps.count) steps and \(acknowledged) "
                + "acknowledgements: " + otherwise())
    }
}
