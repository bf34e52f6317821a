import CairnPlatform

/// Makes the next segment ahead of need, on a thread of its own, so that no commit waits for a file
/// to be created unless commits fill segments faster than the disk makes them.
final class SegmentPreparer: Sendable {
    private struct Mail {
        var isWanted = false
        var isStopping = false
    }

    private let mail = Locked(Mail())
    private let thread = Locked<DedicatedThread?>(nil)

    /// Asks for one segment. Never blocks.
    func request() {
        mail.withLock { $0.isWanted = true }
        mail.wakeWaiters()
    }

    /// Begins to answer requests for `log`; `announce` sees each segment before the log does.
    func start(
        _ maker: SegmentMaker, for log: Log, announce: @escaping @Sendable (Segment) -> Void
    ) {
        let mail = mail
        thread.withLock {
            $0 = DedicatedThread(name: "cairn-segments") {
                while Self.next(mail) { Self.answer(maker, log, announce) }
            }
        }
    }

    /// Finishes what is being made and ends the thread.
    func stop() {
        mail.withLock { $0.isStopping = true }
        mail.wakeWaiters()
        thread.withLock { $0 }?.join()
    }

    private static func next(_ mail: Locked<Mail>) -> Bool {
        mail.withLock(when: { $0.isWanted || $0.isStopping }) { mail in
            mail.isWanted = false
            return !mail.isStopping
        }
    }

    private static func answer(
        _ maker: SegmentMaker, _ log: Log, _ announce: (Segment) -> Void
    ) {
        let (isNeeded, floor) = log.state.withLock { ($0.needsSpare, $0.nextSequence) }
        guard isNeeded else { return }
        do throws(SegmentMaker.Failure) {
            let segment = try maker.make(sequenceFloor: floor)
            announce(segment)
            log.deliverSpare(.success(segment))
        } catch {
            switch error {
            case .noSpace(let error): log.deliverSpare(.failure(error))
            case .broken(let error): log.poison(.poisoned(by: error))
            }
        }
    }
}
