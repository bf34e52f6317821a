import CairnFiles

/// Reads the log from its beginning to its end, behind damage too, and shows every change that counts.
struct LogVerifier {
    private let files: VerifiedFiles
    private let ledger: VerifyLedger
    private let values: ValueCheck
    /// The end of the newest whole batch: index into the segments, and place.
    private var segment = 0
    private var position: LogPosition
    /// Where the next frame should be, and what it should follow.
    private var chain: UInt32 = 0
    private var nextSequence: UInt64 = 1
    /// The log does not go on at the beginning of the next segment as it should, because of what is at
    /// that place.
    private var isBroken = false
    private var breach: (segment: Segment, offset: Int, found: String)?
    private var isAtEnd = false
    /// The changes of a batch that has not ended.
    private var partial: [LogChange] = []
    private var keyspaces: Set<UInt64> = []

    init(_ files: VerifiedFiles, _ ledger: VerifyLedger) {
        self.files = files
        self.ledger = ledger
        values = ValueCheck(files.segments, ledger)
        position = LogPosition(
            segment: files.segments[0].identity.number, offset: SegmentHeader.byteCount,
            headerOffset: 0, chain: 0, nextSequence: 1)
        isBroken = files.manifest == nil
    }

    mutating func run(
        _ visit: (LogChange, Segment) throws(StoreError) -> Void
    ) throws(StoreError) {
        for index in files.segments.indices {
            let segment = files.segments[index]
            ledger.count { $0.segmentCount += 1 }
            var read = 0
            if !isAtEnd { try scan(index, &read, visit) }
            ledger.advance(try byteCount(of: segment) - read)
        }
        // How far the log must reach takes the manifest.
        guard let manifest = files.manifest, !isAtEnd else { return }
        do throws(StoreError) { try judge(manifest) } catch {
            guard error.cause == nil else { throw error }
            reportEnd(error, manifest)
        }
    }

    private mutating func scan(
        _ index: Int, _ read: inout Int,
        _ visit: (LogChange, Segment) throws(StoreError) -> Void
    ) throws(StoreError) {
        let segment = files.segments[index]
        var scanner = SegmentScanner(segment, chain: chain, nextSequence: nextSequence)
        let expected = nextSequence
        if isBroken || isMissing(before: index) {
            let goesOn = try naming(reading(segment)) { () throws(FileError) in
                try scanner.skipDamage(here: true)
            }
            guard goesOn else { return }
            if files.manifest != nil || index > 0 || scanner.nextSequence != 1 {
                let place = breach ?? (segment, scanner.offset, "none before that")
                ledger.log(
                    place.segment.path, place.offset,
                    "expected the frame that begins with commit \(expected), found \(place.found); "
                        + "the next whole one is in \(segment.path) at offset \(scanner.offset)",
                    consequence: loss(expected, scanner))
            }
            isBroken = false
            breach = nil
        } else {
            self.segment = index
            position = LogPosition(
                segment: segment.identity.number, offset: SegmentHeader.byteCount,
                headerOffset: 0, chain: chain, nextSequence: nextSequence)
        }
        while true {
            let event = try naming(reading(segment)) { () throws(FileError) in try scanner.next() }
            switch event {
            case .frame(let frame):
                ledger.advance(scanner.offset - read)
                read = scanner.offset
                try take(frame, index, scanner, visit)
                guard frame.header.kind != .seal else {
                    (chain, nextSequence) = (scanner.chain, scanner.nextSequence)
                    return try checkRest(of: segment, &scanner)
                }
            case .stop(let stop):
                guard try goOn(&scanner, behind: stop, index) else {
                    (chain, nextSequence) = (scanner.chain, scanner.nextSequence)
                    isBroken = true
                    breach = (segment, scanner.offset, stop.description)
                    partial = []
                    return
                }
            }
        }
    }

    private mutating func take(
        _ frame: ScannedFrame, _ index: Int, _ scanner: borrowing SegmentScanner,
        _ visit: (LogChange, Segment) throws(StoreError) -> Void
    ) throws(StoreError) {
        let segment = files.segments[index]
        ledger.count { $0.frameCount += 1 }
        for placed in frame.records {
            ledger.count { $0.recordCount += 1 }
            try values.check(placed, in: segment)
            partial.append(LogChange(placed))
        }
        guard !frame.header.flags.contains(.batchContinues) else { return }
        for change in partial {
            checkKeyspace(of: change, in: segment)
            try visit(change, segment)
        }
        partial = []
        self.segment = index
        position = LogPosition(
            segment: segment.identity.number, offset: scanner.offset, headerOffset: frame.offset,
            chain: scanner.chain, nextSequence: scanner.nextSequence)
    }

    /// Reports what ended the scan if it is damage, and moves behind it.
    /// - Returns: whether the segment goes on.
    private mutating func goOn(
        _ scanner: inout SegmentScanner, behind stop: FrameParser.Stop, _ index: Int
    ) throws(StoreError) -> Bool {
        let segment = files.segments[index]
        let (offset, expected) = (scanner.offset, scanner.nextSequence)
        var ahead = scanner
        let goesOn = try naming(reading(segment)) { () throws(FileError) in
            // A frame that is only out of order has records to read.
            try ahead.skipDamage(here: try isOutOfOrder(scanner))
        }
        guard goesOn else { return false }
        if !ledger.isLogDamaged, let manifest = files.manifest {
            // What an open would cut off is no damage.
            do throws(StoreError) {
                try judge(manifest)
                isAtEnd = true
                return false
            } catch { guard error.cause == nil else { throw error } }
        }
        partial = []
        ledger.log(
            segment.path, offset,
            "expected a frame, found \(stop.description); the next whole one is at offset "
                + "\(ahead.offset)", consequence: loss(expected, ahead))
        scanner = ahead
        return true
    }

    /// Whether there is a whole header at the scanner's place that does not follow the one before.
    private func isOutOfOrder(_ scanner: borrowing SegmentScanner) throws(FileError) -> Bool {
        let segment = scanner.segment
        let bytes = try segment.read(at: scanner.offset, byteCount: FrameHeader.byteCount)
        guard
            let (header, _) = FrameHeader.decode(
                bytes, from: 0, in: segment.identity, at: scanner.offset)
        else { return false }
        return header.previousChecksum != scanner.chain
            || header.firstSequence != scanner.nextSequence
            || header.flags.contains(.continuesBatch) != scanner.isInsideBatch
    }

    /// Lets the open's own judgement decide whether the log may end behind the newest whole batch.
    private func judge(_ manifest: Manifest) throws(StoreError) {
        // A segment that is not there cannot be judged; that it is missing has been said.
        let isSealed = try naming("cannot read the log") { () throws(FileError) in
            try endsWithSeal(manifest)
        }
        guard !isSealed else { return }
        var recovery = Recovery(manifest: manifest, segments: files.segments, from: position)
        _ = try recovery.run()
    }

    /// Whether the log ends with the seal of the last segment there is, and need not reach further.
    private func endsWithSeal(_ manifest: Manifest) throws(FileError) -> Bool {
        let last = files.segments[segment]
        guard !isBroken, position.headerOffset > 0,
            manifest.floor.sequence < position.nextSequence || !files.missing.isEmpty
        else { return false }
        let bytes = try last.read(at: position.headerOffset, byteCount: FrameHeader.byteCount)
        let found = FrameHeader.decode(
            bytes, from: 0, in: last.identity, at: position.headerOffset)
        return found?.header.kind == .seal
    }

    private func reportEnd(_ error: StoreError, _ manifest: Manifest) {
        let last = manifest.floor.sequence
        let lost =
            last > position.nextSequence
            ? "commits \(position.nextSequence) to at least \(last) cannot be read"
            : "the commits from \(position.nextSequence) on cannot be read"
        let isNewer = error.kind == .unsupportedVersion
        ledger.log(
            files.segments[segment].path, position.offset, error.message,
            consequence: isNewer
                ? "the store does not open in this version"
                : "the store does not open; \(lost)")
    }

    /// Nothing is ever written behind a seal but the zeros that were reserved.
    private func checkRest(
        of segment: Segment, _ scanner: inout SegmentScanner
    ) throws(StoreError) {
        let end = scanner.offset
        let count = try naming(reading(segment)) { () throws(FileError) in
            try segment.garbageByteCount(from: end)
        }
        guard count > 0 else { return }
        ledger.data(
            segment.path, end, "expected nothing behind the seal, found bytes that are not zero",
            consequence: "no commit is lost; the store may refuse to open")
    }

    private mutating func checkKeyspace(of change: LogChange, in segment: Segment) {
        switch change.kind {
        case .createKeyspace: keyspaces.insert(change.keyspace)
        default:
            if !keyspaces.contains(change.keyspace) && !ledger.isLogDamaged {
                ledger.log(
                    segment.path, Int(change.entry.offset),
                    "expected a record of a keyspace that exists, found one of keyspace "
                        + "\(change.keyspace), which was never created or was dropped",
                    consequence: "the store does not open")
            }
            if change.kind == .dropKeyspace { keyspaces.remove(change.keyspace) }
        }
    }

    private func isMissing(before index: Int) -> Bool {
        guard let all = files.manifest?.segments else { return false }
        let number = files.segments[index].identity.number
        guard let place = all.firstIndex(where: { $0.number == number }), place > 0 else {
            return false
        }
        return files.missing.contains(all[place - 1].number)
    }

    private func loss(_ expected: UInt64, _ scanner: borrowing SegmentScanner) -> String {
        let next = scanner.nextSequence
        let what =
            if next > expected + 1 {
                "commits \(expected) to \(next - 1) cannot be read"
            } else if next == expected + 1 || scanner.isInsideBatch {
                "commit \(expected) cannot be read"
            } else if next < expected {
                "commits \(next) to \(expected - 1) are there twice"
            } else {
                "no commit is lost"
            }
        return "the store does not open; \(what)"
    }

    private func reading(_ segment: Segment) -> String { "cannot read \(segment.path)" }

    private func byteCount(of segment: Segment) throws(StoreError) -> Int {
        try naming("cannot look at \(segment.path)") { () throws(FileError) in
            try segment.byteCount()
        }
    }
}
