import CairnSimulation
import Testing

@testable import CairnStore

/// The recovery machine against a reading that is too simple to be wrong.
@Suite("Recovery model") struct RecoveryModelTests {
    /// Goal: whatever happens to the bytes, the log ends where the reference says, or is refused where that
    /// says so.
    /// Method: logs from a seed, with promises, seals, batches that span frames and a floor; then bits are
    /// flipped, ranges zeroed, tails cut.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `flips and cuts come to what the reference says`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for round in 0..<25 {
            var log = Self.log(&random)
            for _ in 0..<Int.random(in: 0...2, using: &random) { Self.disturb(&log, &random) }
            let window = [0, 100, 1 << 20].randomElement(using: &random) ?? 0
            let outcome = log.outcome(windowByteCount: window)
            let expected = Reference(log).end
            #expect(outcome.log?.end == expected, "seed \(seed), round \(round)")
        }
    }

    private static func log(_ random: inout SeededRandom) -> CraftedLog {
        var log = CraftedLog()
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let durable = log.nextSequence - 1
            let promise = Bool.random(using: &random) ? durable : 0
            switch Int.random(in: 0..<10, using: &random) {
            case 0: log.append(.promise, key: nil, promise: durable)
            case 1: log.roll(promise: promise)
            case 2:
                log.append(.commit, .batchContinues, promise: promise)
                log.append(.commit, .continuesBatch, promise: promise)
            case 3: log.recordFloor()
            default: log.append(key: "key", promise: promise)
            }
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            log.recordFloor(closed: true)
        } else {
            log.reserve(Int.random(in: 0..<300, using: &random))
        }
        return log
    }

    private static func disturb(_ log: inout CraftedLog, _ random: inout SeededRandom) {
        let segment = Int.random(in: 0..<log.files.count, using: &random)
        let count = log.files[segment].count
        guard count > SegmentHeader.byteCount else { return }
        let offset = Int.random(in: SegmentHeader.byteCount..<count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: log.damage(segment, at: offset)
        case 1: log.files[segment].removeLast(count - offset)
        default:
            let end = min(count, offset + 200)
            log.files[segment].replaceSubrange(
                offset..<end, with: [UInt8](repeating: 0, count: end - offset))
        }
    }
}

/// Reads a log the simple way: everything at once, all evidence looked at.
private struct Reference {
    /// Where the log ends; `nil` when it is refused.
    private(set) var end: LogPosition?

    init(_ log: CraftedLog) {
        var end = LogPosition(
            segment: 1, offset: SegmentHeader.byteCount, headerOffset: 0, chain: 0,
            nextSequence: 1)
        var offset = end.offset
        var isInside = false
        while true {
            let segment = Int(end.segment) - 1
            let (file, identity) = (log.files[segment], log.identities[segment])
            guard let (header, checksum) = Self.frame(file, identity, offset, chain: end.chain)
            else {
                self.end = Self.mayEnd(log, end, offset) ? end : nil
                return
            }
            // Whole and in the chain, but not the next: not a state that this test makes.
            guard header.firstSequence == end.nextSequence,
                header.flags.contains(.continuesBatch) == isInside
            else { return }
            isInside = header.flags.contains(.batchContinues)
            let next = offset + FrameHeader.byteCount + header.paddedPayloadByteCount
            if isInside {
                // What follows a part hangs on that part.
                guard
                    let (rest, chain) = Self.frame(file, identity, next, chain: checksum)
                else {
                    self.end = Self.mayEnd(log, end, next) ? end : nil
                    return
                }
                isInside = false
                end = LogPosition(
                    segment: end.segment,
                    offset: next + FrameHeader.byteCount + rest.paddedPayloadByteCount,
                    headerOffset: next, chain: chain,
                    nextSequence: end.nextSequence + UInt64(rest.batchCount))
            } else {
                end = LogPosition(
                    segment: end.segment, offset: next, headerOffset: offset, chain: checksum,
                    nextSequence: end.nextSequence + UInt64(header.batchCount))
            }
            if header.kind == .seal {
                guard segment + 1 < log.files.count else {
                    self.end = end
                    return
                }
                end = LogPosition(
                    segment: end.segment + 1, offset: SegmentHeader.byteCount, headerOffset: 0,
                    chain: end.chain, nextSequence: end.nextSequence)
            }
            offset = end.offset
        }
    }

    private static func frame(
        _ file: [UInt8], _ identity: SegmentIdentity, _ offset: Int, chain: UInt32
    ) -> (header: FrameHeader, checksum: UInt32)? {
        guard offset + FrameHeader.byteCount <= file.count,
            let decoded = FrameHeader.decode(file, from: offset, in: identity, at: offset),
            decoded.header.previousChecksum == chain
        else { return nil }
        let start = offset + FrameHeader.byteCount
        let end = start + decoded.header.paddedPayloadByteCount
        guard end <= file.count,
            identity.checksum(of: file, in: start..<end, at: start)
                == decoded.header.payloadChecksum
        else { return nil }
        return decoded
    }

    private static func mayEnd(_ log: CraftedLog, _ end: LogPosition, _ stop: Int) -> Bool {
        let floor = log.manifest.floor
        let place = (end.segment, UInt64(end.offset))
        if end.nextSequence <= floor.sequence || place < (floor.segment, floor.offset) {
            return false
        }
        let index = Int(end.segment) - 1
        if endsInside(log, index, stop, chain: end.chain),
            !(log.manifest.isClosed && place == (floor.segment, floor.offset))
        {
            return false
        }
        let promises = headers(log, index, from: end.offset).map(\.promisedSequence)
        if promises.contains(where: { $0 >= end.nextSequence }) { return false }
        return (index + 1..<log.files.count).allSatisfy {
            headers(log, $0, from: SegmentHeader.byteCount).isEmpty
        }
    }

    /// Whether it is the end of the file that stops the reading.
    private static func endsInside(
        _ log: CraftedLog, _ index: Int, _ stop: Int, chain: UInt32
    ) -> Bool {
        let (file, identity) = (log.files[index], log.identities[index])
        guard stop + FrameHeader.byteCount <= file.count else { return true }
        guard
            let (header, _) = FrameHeader.decode(file, from: stop, in: identity, at: stop)
        else { return false }
        let isNext = header.previousChecksum == chain || stop > 0 && isPart(log, index, stop)
        let frameEnd = stop + FrameHeader.byteCount + header.paddedPayloadByteCount
        return isNext && frameEnd > file.count
    }

    /// Whether the frame at `stop` goes on with a batch that is whole up to there.
    private static func isPart(_ log: CraftedLog, _ index: Int, _ stop: Int) -> Bool {
        FrameHeader.decode(
            log.files[index], from: stop, in: log.identities[index], at: stop)?
            .header.flags.contains(.continuesBatch) ?? false
    }

    private static func headers(
        _ log: CraftedLog, _ index: Int, from start: Int
    ) -> [FrameHeader] {
        let file = log.files[index]
        return stride(from: start, to: file.count - FrameHeader.byteCount + 1, by: 16)
            .compactMap {
                FrameHeader.decode(file, from: $0, in: log.identities[index], at: $0)?.header
            }
    }
}
