import Dispatch

/// One serial dispatch queue an object, all on the one shared concurrent queue.
///
/// The target matters: a serial queue without one runs on a pool of its own, and every hop from a
/// Swift task wakes another thread (17 µs instead of 0.8; Docs/Decisions/0003-dispatch-executor.md).
public struct DispatchQueueProvider: ObjectQueueProvider {
    /// Creates a provider.
    public init() {}

    /// A new serial queue.
    public func makeQueue() -> any ObjectQueue {
        SerialQueue(queue: DispatchQueue(label: "", target: .global()))
    }

    private struct SerialQueue: ObjectQueue {
        let queue: DispatchQueue

        func enqueue(_ block: @escaping @Sendable () -> Void) {
            queue.async(execute: block)
        }
    }
}
