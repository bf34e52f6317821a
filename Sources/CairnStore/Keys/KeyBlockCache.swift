/// Keeps decoded blocks, or does not: what a run asks before it reads one.
protocol KeyBlockCache: Sendable {
    /// The block with that index of the run with that `KeyRun.id`; calls `make` when it is not here.
    func block(
        run: UInt64, index: Int, make: () throws(KeyRunError) -> KeyBlock
    ) throws(KeyRunError) -> KeyBlock
}
