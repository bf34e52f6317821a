/// Which event the running task serves: which instance, and inside which of its critical sections.
///
/// A task-local, so that it follows the event into group children and calls back into the object.
struct EventContext: Sendable {
    @TaskLocal static var current: EventContext?

    /// The instance the event was delivered to.
    let core: ObjectCore
    let executor: TurnExecutor
    /// The critical sections the event was started inside of.
    let sections: [InputGate.Section]

    /// The sections of `core`'s gate that the running task is inside of.
    static func sections(of core: ObjectCore) -> [InputGate.Section] {
        guard let current, current.core === core else { return [] }
        return current.sections
    }
}
