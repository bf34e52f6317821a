import CairnPlatform

/// Makes the next segment ahead of need, beside the callers, so that no commit waits for a file to be
/// created unless commits fill segments faster than the disk makes them.
///
/// One loop owns the value and calls `step`.
struct SegmentPreparer: Sendable {
    let maker: SegmentMaker
    let log: Log
    /// Sees each segment before the log does.
    let announce: @Sendable (Segment) -> Void

    /// Makes one segment if one is wanted; ends once the log is stopping.
    func step() -> LoopStep {
        let (isNeeded, isStopping, floor) = log.state.withLock { state in
            (state.needsSpare, state.isStopping, state.nextSequence)
        }
        guard isNeeded else { return isStopping ? .end : .wait(limit: nil) }
        do throws(SegmentMaker.Failure) {
            let segment = try maker.make(sequenceFloor: floor)
            announce(segment)
            log.deliverSpare(.success(segment))
        } catch {
            switch error {
            case .refused(let error): log.deliverSpare(.failure(error))
            case .broken(let error): log.poison(.poisoned(by: error))
            }
        }
        return .again
    }
}
