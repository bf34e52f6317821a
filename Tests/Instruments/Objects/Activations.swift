import CairnPlatform

/// Which instance of each subject is the live one.
///
/// An instance is over once a younger one exists, or once a caller was told that it was reset. What is
/// over must not begin an event, and its storage, KV and stubs must refuse.
final class Activations: Sendable {
    private struct State {
        var newest: [Int: Int] = [:]
        var over: Set<Int> = []
    }

    private let state = Locked(State())
    private let outside: Outside

    init(_ outside: Outside) { self.outside = outside }

    /// An instance of `subject` has come to life; returns its number.
    func begin(_ subject: Int) -> Int {
        let instance = outside.nextInstance()
        state.withLock { $0.newest[subject] = instance }
        return instance
    }

    /// A caller was told that this instance was reset.
    func end(_ instance: Int) { state.withLock { _ = $0.over.insert(instance) } }

    /// The instance has just done something that only the live one may.
    func check(_ instance: Int, of subject: Int, _ deed: String) {
        let complaint = state.withLock { state -> String? in
            if state.over.contains(instance) { return "was reset" }
            guard let newest = state.newest[subject], newest != instance else { return nil }
            return "was followed by instance \(newest)"
        }
        guard let complaint else { return }
        outside.fail("instance \(instance) of subject \(subject) \(complaint), and still \(deed)")
    }
}
