/// Durable Objects and their gates in the simulator: a share is a seed.
///
/// Clients run random programs against a few objects on a store whose disk fails and whose power is cut,
/// and hold what they were told against what a disk without its caches would bear out: see `Outside`.
package struct ObjectsInstrument: Instrument {
    package let name = "objects"
    package let unit = "operations"
    package let quickCount = 100_000

    package init() {}

    package func run(share: Int, _ tally: Tally) throws {
        tally.note(digest: try Self.digest(seed: UInt64(share), tally))
    }

    /// Does one share and returns its trace, which is the same for the same seed.
    package static func digest(seed: UInt64, _ tally: Tally = Tally()) throws -> UInt64 {
        var share = try ObjectsShare(seed: seed, tally)
        return try share.run()
    }
}
