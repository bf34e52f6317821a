import CPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A thread of our own, for work that blocks: the committer, never a task of the Swift pool.
///
/// `join()` waits until its body has returned. The body keeps whatever it captures alive.
package final class DedicatedThread: Sendable {
    private let finished = Locked(false)

    /// Starts a thread that runs `body` once.
    /// - Parameter name: what debuggers and profilers show, 15 bytes at most.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        let finished = finished
        let start = ThreadStart {
            unsafe cairn_set_thread_name(name)
            body()
            finished.withLock { $0 = true }
            finished.wakeWaiters()
        }
        start.launch()
    }

    /// Waits until the body has returned.
    package func join() {
        finished.withLock(when: { $0 }, { _ in })
    }
}

/// Carries a closure across `pthread_create`, which takes an untyped pointer.
private final class ThreadStart: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func launch() {
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let result = unsafe pthread_create(
            &thread, nil,
            { pointer in
                #if canImport(Darwin)
                    let raw = unsafe pointer
                #else
                    guard let raw = unsafe pointer else { return nil }
                #endif
                let start = unsafe Unmanaged<ThreadStart>.fromOpaque(raw).takeRetainedValue()
                start.body()
                return nil
            }, context)
        precondition(result == 0, "cannot start a thread: error \(result)")
        #if canImport(Darwin)
            if let thread = unsafe thread { unsafe pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
    }
}
