/// What is wrong with a configuration, where, and what to do.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence or more, for a person.
    public let description: String

    /// Describes what is wrong.
    public init(_ description: String) { self.description = description }
}
