import CPlatform

/// Which object's turn is running on this thread: one thread-local word, about a nanosecond.
///
/// The address is only compared and, by its owner, turned back into the object that set it.
@safe
package enum ThreadTurn {
    /// What the running turn set, or `nil` outside every turn.
    package static var current: UnsafeRawPointer? {
        get { unsafe cairn_thread_turn() }
        set { unsafe cairn_set_thread_turn(newValue) }
    }
}
