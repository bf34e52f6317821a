import CairnPlatform

/// What the outside world has been told: what is said after the power went does not count.
public final class Ledger<Told: Sendable>: Sendable {
    private let disk: SimulatedFileSystem
    private let entries = Locked<[Told]>([])

    init(disk: SimulatedFileSystem) { self.disk = disk }

    /// Tells the outside world.
    public func tell(_ entry: Told) {
        guard disk.hasPower else { return }
        entries.withLock { $0.append(entry) }
    }

    /// Everything it has been told, in order.
    public var told: [Told] { entries.withLock { $0 } }
}
