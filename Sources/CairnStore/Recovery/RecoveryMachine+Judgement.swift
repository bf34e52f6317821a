import CairnPlatform

extension RecoveryMachine {
    /// Decides whether the log may end where it stands, or what it takes to decide.
    mutating func judge(_ stop: FrameParser.Stop, at offset: Int) {
        if case .unreadable(let found) = stop {
            state = .refused(.unreadable(segment: segment, offset: offset, found: found))
        } else if case .misplaced = stop {
            state = .refused(damage(stop, at: offset, nil))
        } else if end.nextSequence <= manifest.floor.sequence || isBeforeFloor {
            refuse(stop, at: offset, .floor(manifest.floor.sequence))
        } else if stop == .endOfFile && !(manifest.isClosed && isAtFloor) {
            refuse(stop, at: offset, .cutShort)
        } else {
            window = .none
            state = .searching(
                Search(
                    offset: offset, stop: stop, segment: segment,
                    headers: HeaderSearch(segments[segment], from: end.offset), promise: nil))
        }
    }

    /// Takes what a search has come to.
    mutating func look(at event: HeaderSearch.Event, _ search: Search) {
        var search = search
        let isLater = search.segment > segment
        switch event {
        case .header where isLater, .unreadable where isLater:
            return refuse(search.stop, at: search.offset, .laterSegment(search.segment))
        case .unreadable:
            return refuse(search.stop, at: search.offset, .unreadableFrame)
        case .header(let header, _):
            search.promise = max(search.promise ?? 0, header.promisedSequence)
        case .needsBytes: break
        case .end:
            if let promise = search.promise, promise >= end.nextSequence {
                return refuse(search.stop, at: search.offset, .promise(promise))
            }
            search.segment += 1
            guard search.segment < segments.count else { return finish() }
            search.headers = HeaderSearch(
                segments[search.segment], from: SegmentHeader.byteCount)
            search.promise = nil
            window = .none
        }
        state = .searching(search)
    }

    /// Goes on behind a seal.
    mutating func goOn() {
        guard segment + 1 < segments.count else {
            isSealed = true
            return finish()
        }
        segment += 1
        end = LogPosition(
            segment: segments[segment].number, offset: SegmentHeader.byteCount, headerOffset: 0,
            chain: end.chain, nextSequence: end.nextSequence)
        window = .none
        state = .scanning(
            FrameParser(segments[segment], chain: end.chain, nextSequence: end.nextSequence))
    }

    /// The log ends where it stands.
    func outcome(_ earlierByteCounts: [Int]) -> RecoveredLog {
        var end = end
        if PlantedBug.reuseSequence.isPlanted { end.nextSequence = max(1, end.nextSequence - 1) }
        return RecoveredLog(
            segment: segment, end: end, isSealed: isSealed, earlierByteCounts: earlierByteCounts,
            unproven: unproven(earlierByteCounts))
    }

    /// From the first frame that nothing proves durable to the end of what is whole.
    private func unproven(_ earlierByteCounts: [Int]) -> [RecoveredLog.Extent] {
        guard let first = proof.firstUnproven else { return [] }
        return (first.segment...segment).compactMap { number in
            let start = number == first.segment ? first.offset : SegmentHeader.byteCount
            let end = number == segment ? end.offset : earlierByteCounts[number]
            return start < end ? RecoveredLog.Extent(segment: number, range: start..<end) : nil
        }
    }

    private mutating func finish() { state = .measuring(earlierByteCounts: []) }

    private mutating func refuse(
        _ stop: FrameParser.Stop, at offset: Int, _ evidence: RecoveryRefusal.Evidence
    ) {
        if PlantedBug.cutAnyDamage.isPlanted { return finish() }
        state = .refused(damage(stop, at: offset, evidence))
    }

    private func damage(
        _ stop: FrameParser.Stop, at offset: Int, _ evidence: RecoveryRefusal.Evidence?
    ) -> RecoveryRefusal {
        .damaged(
            segment: segment, offset: offset, nextSequence: end.nextSequence, evidence,
            found: stop.description)
    }

    private var isAtFloor: Bool {
        end.segment == manifest.floor.segment && end.offset == Int(manifest.floor.offset)
    }

    private var isBeforeFloor: Bool {
        guard let floor = segments.firstIndex(where: { $0.number == manifest.floor.segment })
        else { return false }
        return segment < floor
            || (segment == floor && end.offset < Int(manifest.floor.offset))
    }
}
