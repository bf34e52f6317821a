/// Loops on threads of their own, one each: how a store runs outside simulations.
public struct ThreadLoops: LoopProvider {
    /// Creates a provider.
    public init() {}

    /// A loop whose thread begins with `start`.
    public func makeLoop(name: String) -> any BackgroundLoop { ThreadLoop(name: name) }

    /// Callers block.
    public var help: (@Sendable () -> Void)? { nil }
}

/// One thread that runs a step, and sleeps while there is nothing to do.
private final class ThreadLoop: BackgroundLoop {
    private let name: String
    private let isAwake = Locked(false)
    private let thread = Locked<DedicatedThread?>(nil)

    init(name: String) { self.name = name }

    func start(_ step: @escaping @Sendable (LoopWake) -> LoopStep) {
        let isAwake = isAwake
        let started = DedicatedThread(name: name) {
            var wake = LoopWake.called
            while true {
                switch step(wake) {
                case .again: wake = .called
                case .wait(let limit): wake = Self.sleep(isAwake, limit)
                case .end: return
                }
            }
        }
        thread.withLock { $0 = started }
    }

    func wake() {
        isAwake.withLock { $0 = true }
        isAwake.wakeWaiters()
    }

    func join() { thread.withLock { $0 }?.join() }

    private static func sleep(_ isAwake: Locked<Bool>, _ limit: Duration?) -> LoopWake {
        guard let limit else {
            return isAwake.withLock(when: { $0 }) { take(&$0) }
        }
        return isAwake.withLock(when: { $0 }, orAfter: limit) { take(&$0) }
    }

    private static func take(_ isAwake: inout Bool) -> LoopWake {
        defer { isAwake = false }
        return isAwake ? .called : .timedOut
    }
}
