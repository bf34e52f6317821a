import Synchronization

/// Grows whenever a keyspace comes or goes, so that a handle knows whether the number it remembers holds.
final class SpacesVersion: Sendable {
    private let version: Atomic<UInt64>

    init(_ version: UInt64) { self.version = Atomic(version) }

    var current: UInt64 { version.load(ordering: .acquiring) }

    /// Called under the accounts' lock.
    func store(_ version: UInt64) { self.version.store(version, ordering: .releasing) }
}

/// What a handle remembers: the number its name had at some version of the names; 0 for none.
///
/// `remember` is called under the accounts' lock, so memories are written one after another; a version is
/// stored after the number it goes with.
final class SpaceMemory: Sendable {
    private let version = Atomic<UInt64>(0)
    private let number = Atomic<UInt64>(0)

    /// The number, if it is known to hold at `current`.
    func number(at current: UInt64) -> UInt64? {
        version.load(ordering: .acquiring) == current ? number.load(ordering: .acquiring) : nil
    }

    func remember(_ number: UInt64, at version: UInt64) {
        self.version.store(0, ordering: .releasing)
        self.number.store(number, ordering: .releasing)
        self.version.store(version, ordering: .releasing)
    }
}
