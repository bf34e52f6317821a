import CairnKV

/// What a subject is given.
struct SubjectEnv: Sendable {
    let lab: Lab
    /// KV behind the subject's own gate.
    let kv: KVNamespace
}

/// What one subject tells another.
struct Message: Sendable {
    let sender: Int
    /// How far the sender has counted, by what it has written.
    let number: Int
}

/// Why a subject refuses.
enum SubjectError: Error {
    /// After having written these numbers: the refusal tells of them as a result would.
    case refusal(subject: Int, numbers: [Int])
    /// The constructor's.
    case notBorn
    /// A critical section's.
    case sectionGivenUp
    case noLab
}
