/// What a power cut leaves of what was not synced.
public enum PowerCut: Sendable, Hashable {
    /// Nothing.
    case losesEverything
    /// All of it, as if there had been time for one more sync.
    case losesNothing
    /// Any part of it, torn at 512 bytes, in any order, with lengths and names of their own: the choice
    /// that `seed` stands for.
    case random(seed: UInt64)
}
