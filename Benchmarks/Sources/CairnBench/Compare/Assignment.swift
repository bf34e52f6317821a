/// What one process is to measure: one stage of one engine.
///
/// A process of its own gives an engine memory that nobody has used before, a resident size that is
/// its own doing, and crashes that harm nobody else.
struct Assignment: Codable, Sendable {
    /// The keys and values.
    struct Shape: Codable, Sendable {
        let keyCount: Int
        let keyByteCount: Int
        let valueByteCount: Int
    }

    let engine: String
    let directory: String
    let stage: Workload.Stage
    /// None for a load that is only a preparation.
    let jobs: [Job]
    let shape: Shape
    let cacheByteCount: Int
    /// How long a run lasts that has no end of its own.
    let seconds: Double
    /// After how long a run that has one is cut.
    let secondsMax: Double
    /// How long the process must do nothing before an engine's background work counts as done.
    let quietSeconds: Double
    let number: Int
}
