/// How safe a commit must be before it is acknowledged. A weaker level is never reported as a
/// stronger one.
public enum Durability: UInt8, Sendable, Hashable, Comparable, CaseIterable {
    /// In memory. Survives nothing by itself; may wait for the next frame.
    case memory
    /// Handed to the operating system. Survives the end of the process, not a power cut.
    case buffered
    /// On the platter. Survives both.
    case durable

    /// Weaker before stronger.
    public static func < (a: Durability, b: Durability) -> Bool { a.rawValue < b.rawValue }
}
