import CairnPlatform
import Testing

@Suite("Locked") struct LockedTests {
    @Test func `threads do not lose each other's changes`() {
        let counter = Locked(0)
        let threads = (0..<4).map { _ in
            DedicatedThread(name: "count") {
                for _ in 0..<10_000 { counter.withLock { $0 += 1 } }
            }
        }
        for thread in threads { thread.join() }
        #expect(counter.withLock { $0 } == 40_000)
    }

    @Test func `a waiter goes on when its condition holds and not before`() {
        let turn = Locked(0)
        let order = Locked<[Int]>([])
        let threads = (0..<5).reversed().map { index in
            DedicatedThread(name: "turn") {
                turn.withLock(when: { $0 == index }) { turn in
                    order.withLock { $0.append(index) }
                    turn += 1
                }
                turn.wakeWaiters()
            }
        }
        for thread in threads { thread.join() }
        #expect(order.withLock { $0 } == [0, 1, 2, 3, 4])
    }

    @Test func `a timed wait ends without its condition`() {
        let never = Locked(false)
        let held = never.withLock(when: { $0 }, orAfter: .milliseconds(1)) { $0 }
        #expect(!held)
    }
}
