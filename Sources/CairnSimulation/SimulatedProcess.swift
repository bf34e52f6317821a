public import CairnObjects
public import CairnStore

/// A program in a simulated world.
public struct SimulatedProcess: Sendable {
    /// Its store.
    public let store: Store
    /// Its objects.
    public let objects: ObjectRuntime
}
