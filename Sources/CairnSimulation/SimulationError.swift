/// Why a simulation cannot go on.
public enum SimulationError: Error, Hashable, CustomStringConvertible {
    /// Nothing can run any more, or nothing but timers, and not everybody has ended: somebody waits for
    /// what never comes.
    case standsStill(seed: UInt64)
    /// The code under test goes on and on: it ignores that every call fails, or loops.
    case doesNotEnd(seed: UInt64)

    /// What happened, and with which seed.
    public var description: String {
        switch self {
        case .standsStill(let seed):
            "seed \(seed): it stands still: somebody waits for what never comes"
        case .doesNotEnd(let seed):
            "seed \(seed): it goes on and on; a loop must end when a call fails or its task is "
                + "cancelled"
        }
    }
}
