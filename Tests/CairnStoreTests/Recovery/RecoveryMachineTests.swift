import Testing

@testable import CairnStore

/// Every transition of the recovery machine, on arrays of bytes.
@Suite("Recovery machine") struct RecoveryMachineTests {
    /// Three commits, the last of which nothing proves durable, and reserved space.
    private static func log(promise: UInt64 = 0) -> CraftedLog {
        var log = CraftedLog()
        log.append()
        log.append(promise: 1)
        log.append(promise: promise)
        log.reserve()
        return log
    }

    private static func first(_ log: CraftedLog) -> Int { log.boundaries[0].offset }

    // MARK: Recovered

    @Test func `an empty log is recovered`() {
        var log = CraftedLog()
        let end = log.end
        log.reserve()
        #expect(
            log.outcome()
                == .recovered(
                    RecoveredLog(
                        segment: 0, end: end, isSealed: false, earlierByteCounts: [],
                        unproven: []), frames: 0))
    }

    /// Goal: the same comes out however the bytes are handed over.
    @Test(arguments: [0, 1, 64, 100, 1000, 1 << 20])
    func `whole frames are replayed, and what nothing proves is named`(_ window: Int) {
        var log = CraftedLog()
        log.append()
        log.append(promise: 1)
        log.append()
        let end = log.end
        log.reserve()
        let unproven = RecoveredLog.Extent(
            segment: 0, range: log.boundaries[1].offset..<end.offset)
        #expect(
            log.outcome(windowByteCount: window)
                == .recovered(
                    RecoveredLog(
                        segment: 0, end: end, isSealed: false, earlierByteCounts: [],
                        unproven: [unproven]), frames: 3))
    }

    @Test func `a torn tail is cut`() {
        var log = Self.log()
        let last = log.boundaries[2]
        log.damage(0, at: last.offset + 70)
        #expect(log.outcome().log?.end == last)
        log.files[0].replaceSubrange(last.offset..., with: [UInt8](repeating: 0, count: 500))
        #expect(log.outcome().log?.end == last)
        log.files[0][last.offset + 3] = 9
        #expect(log.outcome().log?.end == last)
    }

    @Test func `the log goes on behind a seal`() {
        var log = CraftedLog()
        log.append()
        log.roll()
        log.append(promise: 1)
        let end = log.end
        log.reserve()
        let outcome = log.outcome()
        #expect(outcome.log?.segment == 1)
        #expect(outcome.log?.end == end)
        #expect(outcome.log?.earlierByteCounts == [log.files[0].count])
    }

    @Test func `a log that ends with a seal needs a segment unless there is one`() {
        var log = CraftedLog()
        log.append()
        log.append(.seal, key: nil)
        #expect(log.outcome().log?.isSealed == true)
        log.addSegment()
        let end = log.end
        log.reserve()
        #expect(log.outcome().log?.isSealed == false)
        #expect(log.outcome().log?.end == end)
    }

    @Test func `what is unproven may span segments`() {
        var log = CraftedLog()
        log.append()
        log.append()
        log.roll()
        log.append(promise: 1)
        let end = log.end
        log.reserve()
        #expect(
            log.outcome().log?.unproven == [
                RecoveredLog.Extent(
                    segment: 0, range: log.boundaries[1].offset..<log.files[0].count),
                RecoveredLog.Extent(segment: 1, range: 4096..<end.offset),
            ])
    }

    @Test func `a batch that never ends is cut from its beginning`() {
        var log = CraftedLog()
        log.append()
        let end = log.end
        log.append(.commit, .batchContinues)
        log.append(.commit, [.continuesBatch, .batchContinues])
        log.reserve()
        #expect(log.outcome().log?.end == end)
        guard case .recovered(_, let frames) = log.outcome() else { return }
        #expect(frames == 3)
    }

    @Test func `reading begins where it is told to`() {
        let log = Self.log()
        let outcome = log.outcome(from: log.boundaries[1])
        guard case .recovered(let found, let frames) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(frames == 2)
        #expect(found.end.nextSequence == 4)
        #expect(found == log.outcome().log)
    }

    @Test func `a log that was closed may end with its file`() {
        var log = CraftedLog()
        log.append()
        log.recordFloor(closed: true)
        #expect(log.outcome().log?.end == log.end)
    }

    // MARK: Refused

    @Test func `records that make no sense are refused`() {
        let log = Self.log()
        let outcome = log.outcome { $0.header.firstSequence == 2 ? "nonsense" : nil }
        #expect(
            outcome.refusal
                == .senseless(
                    segment: 0, offset: log.boundaries[1].offset, complaint: "nonsense"))
    }

    @Test func `a frame of another version is refused, not cut`() {
        var log = Self.log()
        let offset = log.boundaries[1].offset
        log.files[0][offset + 8] = 200
        let identity = log.identities[0]
        let checksum = identity.checksum(
            of: log.files[0], in: offset + 8..<offset + 64, at: offset)
        log.files[0].replaceSubrange(offset + 4..<offset + 8, with: littleEndian(checksum))
        #expect(
            log.outcome().refusal
                == .unreadable(
                    segment: 0, offset: offset,
                    found: "a frame header with unknown fields or numbers"))
        // The same frame behind damage may have promised anything.
        log.damage(0, at: Self.first(log) + 70)
        #expect(log.outcome().refusal?.evidence == .unreadableFrame)
    }

    @Test func `a frame that follows and cannot be the next is refused`() {
        var log = CraftedLog()
        log.append()
        log.append(.commit, .continuesBatch)
        log.reserve()
        guard case .damaged(_, let offset, 2, nil, _) = log.outcome().refusal else {
            Issue.record("\(log.outcome())")
            return
        }
        #expect(offset == log.boundaries[1].offset)
    }

    @Test func `damage below the manifest's floor is refused`() {
        var log = CraftedLog()
        log.append()
        log.append()
        log.recordFloor()
        log.reserve()
        #expect(log.outcome().log != nil)
        log.damage(0, at: log.boundaries[1].offset + 70)
        #expect(log.outcome().refusal?.evidence == .floor(2))
    }

    @Test func `frames without commits below the floor are missed`() {
        var log = CraftedLog()
        log.append()
        log.append(.promise, key: nil, promise: 1)
        log.recordFloor()
        log.reserve()
        log.damage(0, at: log.boundaries[1].offset + 20)
        #expect(log.outcome().refusal?.evidence == .floor(1))
    }

    @Test func `a file that was cut short is refused`() {
        var log = CraftedLog()
        log.append()
        #expect(log.outcome().refusal?.evidence == .cutShort)
        log.append()
        log.files[0].removeLast(5)
        #expect(log.outcome().refusal?.evidence == .cutShort)
    }

    @Test func `damage before a promise of what it took is refused`() {
        var log = Self.log(promise: 2)
        log.damage(0, at: log.boundaries[1].offset + 70)
        #expect(log.outcome().refusal?.evidence == .promise(2))
        #expect(log.outcome(windowByteCount: 1 << 20).refusal?.evidence == .promise(2))
    }

    @Test func `a promise of no more than is there is no proof`() {
        var log = Self.log(promise: 1)
        log.damage(0, at: log.boundaries[1].offset + 70)
        #expect(log.outcome().log?.end == log.boundaries[1])
    }

    @Test func `damage before a later segment with frames is refused`() {
        var log = CraftedLog()
        log.append()
        log.append()
        log.roll()
        log.reserve()
        log.addSegment()
        log.reserve()
        log.damage(0, at: log.boundaries[1].offset + 70)
        #expect(log.outcome().log?.end == log.boundaries[1])
        var other = CraftedLog()
        other.append()
        other.append()
        other.roll()
        other.append()
        other.reserve()
        other.damage(0, at: other.boundaries[1].offset + 70)
        #expect(other.outcome().refusal?.evidence == .laterSegment(1))
    }
}

extension RecoveryRefusal {
    fileprivate var evidence: Evidence? {
        if case .damaged(_, _, _, let evidence, _) = self { evidence } else { nil }
    }
}
