#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A value that only one thread at a time can reach, and a way to wait until it says what you need.
///
/// The house lock: one `struct State` in one `Locked`, its lock order written beside it. It wraps a
/// POSIX mutex and condition variable because ThreadSanitizer understands those; it reports false
/// races for `Synchronization.Mutex` on Linux (Docs/Decisions/0002-house-lock.md).
///
/// Rules
/// - Nothing suspends, and nothing does file I/O, inside a body that a reader may have to wait for.
/// - A body never calls back into code that takes the same lock: the mutex does not recurse.
///
/// Memory safety: `state` and the two POSIX objects live at stable heap addresses from `init` to
/// `deinit`; `state` is touched only between lock and unlock; waiting happens between two separate
/// accesses, never during one.
@safe
package final class Locked<State: ~Copyable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let state: UnsafeMutablePointer<State>

    /// Puts `state` behind a new lock.
    package init(_ state: consuming sending State) {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe self.state = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        unsafe self.state.initialize(to: state)
        let mutexResult = unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        #if !canImport(Darwin)
            // Timed waits must not jump when somebody sets the wall clock.
            unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        #endif
        let conditionResult = unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
        precondition(mutexResult == 0 && conditionResult == 0, "out of memory for a lock")
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` with exclusive access to the state.
    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe try body(&state.pointee)
    }

    /// Runs `body` with exclusive access to the state if nobody else has it now; `nil` otherwise.
    package func withLockIfFree<Result, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result? {
        guard unsafe pthread_mutex_trylock(mutex) == 0 else { return nil }
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe try body(&state.pointee)
    }

    /// Waits until `ready` holds, then runs `body` without letting anybody in between.
    ///
    /// Whoever makes `ready` true must call `wakeWaiters()` afterwards.
    package func withLock<Result: ~Copyable, Failure: Error>(
        when ready: (inout State) -> Bool,
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while unsafe !ready(&state.pointee) {
            unsafe pthread_cond_wait(condition, mutex)
        }
        return unsafe try body(&state.pointee)
    }

    /// The same for a caller who helps while it waits: `help` is run without the lock, again and again,
    /// until `ready` holds; without one the caller blocks.
    package func withLock<Result: ~Copyable, Failure: Error>(
        when ready: (inout State) -> Bool,
        helpingWith help: (() -> Void)?,
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        guard let help else { return try withLock(when: ready, body) }
        while true {
            unsafe pthread_mutex_lock(mutex)
            if unsafe ready(&state.pointee) { break }
            unsafe pthread_mutex_unlock(mutex)
            help()
        }
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe try body(&state.pointee)
    }

    /// Waits until `ready` holds or `timeout` has passed, then runs `body` in either case.
    package func withLock<Result: ~Copyable, Failure: Error>(
        when ready: (inout State) -> Bool,
        orAfter timeout: Duration,
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var deadline = timespec.monotonicNow.advanced(by: timeout)
        while unsafe !ready(&state.pointee) {
            #if canImport(Darwin)
                var remaining = timespec.monotonicNow.distance(to: deadline)
                if remaining.tv_sec < 0 { break }
                let result = unsafe pthread_cond_timedwait_relative_np(
                    condition, mutex, &remaining)
            #else
                let result = unsafe pthread_cond_timedwait(condition, mutex, &deadline)
            #endif
            if result == ETIMEDOUT { break }
        }
        return unsafe try body(&state.pointee)
    }

    /// Lets every waiter look at the state again.
    package func wakeWaiters() {
        unsafe pthread_cond_broadcast(condition)
    }
}

extension timespec {
    fileprivate static var monotonicNow: timespec {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return now
    }

    fileprivate func advanced(by duration: Duration) -> timespec {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = tv_nsec + Int(attoseconds / 1_000_000_000)
        return timespec(
            tv_sec: tv_sec + Int(seconds) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000)
    }

    fileprivate func distance(to end: timespec) -> timespec {
        var result = timespec(tv_sec: end.tv_sec - tv_sec, tv_nsec: end.tv_nsec - tv_nsec)
        if result.tv_nsec < 0 {
            result.tv_sec -= 1
            result.tv_nsec += 1_000_000_000
        }
        return result
    }
}
