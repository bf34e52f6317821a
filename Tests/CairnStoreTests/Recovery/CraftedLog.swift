@testable import CairnStore

/// A log of several segments as arrays of bytes.
struct CraftedLog {
    static let store = StoreID(high: 0xA, low: 0xB)

    private(set) var identities: [SegmentIdentity] = []
    /// The segments' files, headers and all.
    var files: [[UInt8]] = []
    var manifest: Manifest
    private var chain: UInt32 = 0
    private(set) var nextSequence: UInt64 = 1
    /// Where the frames begin, and behind the last one.
    private(set) var boundaries: [LogPosition] = []

    init() {
        manifest = Manifest(
            store: Self.store, hashKeyHigh: 0, hashKeyLow: 0, epoch: 0, historyFloor: 0,
            nextSegment: 1, nextKeyspace: 1,
            floor: Manifest.Floor(sequence: 0, segment: 0, offset: 0, chain: 0),
            isClosed: false, segments: [])
        addSegment()
    }

    /// Where the next frame goes.
    var end: LogPosition {
        LogPosition(
            segment: identities[identities.count - 1].number,
            offset: files[files.count - 1].count, headerOffset: lastHeaderOffset, chain: chain,
            nextSequence: nextSequence)
    }

    private var lastHeaderOffset = 0

    /// Begins another segment.
    mutating func addSegment() {
        let number = UInt64(identities.count + 1)
        identities.append(SegmentIdentity(store: Self.store, number: number, salt: 0xC0 + number))
        files.append([UInt8](repeating: 1, count: SegmentHeader.byteCount))
        manifest.segments.append(Manifest.Segment(number: number, salt: 0xC0 + number))
        manifest.nextSegment = number + 1
        lastHeaderOffset = 0
    }

    /// Appends a frame of one put or, without a key, none; by default it promises nothing.
    mutating func append(
        _ kind: FrameHeader.Kind = .commit, _ flags: FrameHeader.Flags = [], key: String? = "k",
        keyspace: UInt64 = 1, promise: UInt64 = 0
    ) {
        let (identity, offset) = (identities[identities.count - 1], end.offset)
        boundaries.append(end)
        var payload = ByteWriter()
        if let key {
            let record = Record(
                kind: nextSequence == 1 && flags.isEmpty ? .createKeyspace : .put,
                sequence: nextSequence, keyspace: keyspace, key: bytes(key))
            record.append(to: &payload, in: identity, at: offset + FrameHeader.byteCount)
        }
        let count = payload.count
        payload.appendZeros(FrameHeader.padded(count) - count)
        let header = FrameHeader(
            kind: kind, flags: flags, batchCount: key == nil ? 0 : 1, payloadByteCount: count,
            payloadChecksum: identity.checksum(
                of: payload.bytes, in: 0..<payload.count, at: offset + FrameHeader.byteCount),
            recordCount: key == nil ? 0 : 1, firstSequence: nextSequence, epoch: 0,
            previousChecksum: chain, promisedSequence: promise, wallClock: 0)
        let encoded = header.encoded(in: identity, at: offset)
        files[files.count - 1] += encoded.bytes + payload.bytes
        chain = encoded.checksum
        lastHeaderOffset = offset
        if key != nil, !flags.contains(.batchContinues) { nextSequence += 1 }
    }

    /// Seals the segment and begins the next.
    mutating func roll(promise: UInt64 = 0) {
        append(.seal, key: nil, promise: promise)
        addSegment()
    }

    /// Leaves space behind the log.
    mutating func reserve(_ byteCount: Int = 4096) {
        files[files.count - 1] += [UInt8](repeating: 0, count: byteCount)
    }

    /// Flips a bit.
    mutating func damage(_ segment: Int, at offset: Int) { files[segment][offset] ^= 1 }

    /// Records in the manifest that everything up to here is durable.
    mutating func recordFloor(closed: Bool = false) {
        manifest.floor = Manifest.Floor(
            sequence: nextSequence - 1, segment: end.segment, offset: UInt64(end.offset),
            chain: chain)
        manifest.isClosed = closed
    }

    /// What a machine makes of it.
    /// - Parameters:
    ///   - windowByteCount: how much it is handed at once, or as much as it asks for.
    ///   - complaint: what is wrong with the records of a frame.
    func outcome(
        from start: LogPosition? = nil, windowByteCount: Int = 0,
        complaint: (ScannedFrame) -> String? = { _ in nil }
    ) -> Outcome {
        var machine = RecoveryMachine(manifest: manifest, segments: identities, from: start)
        var frames = 0
        while true {
            switch machine.next() {
            case .read(let segment, let range):
                let file = files[segment]
                let lower = min(range.lowerBound, file.count)
                let upper = min(lower + max(range.count, windowByteCount), file.count)
                machine.take(
                    FrameWindow(
                        bytes: Array(file[lower..<upper]), offset: range.lowerBound,
                        endsFile: upper == file.count))
            case .replay(let frame, _, _):
                frames += 1
                machine.replayed(complaint(frame))
            case .measure(let segment): machine.measured(files[segment].count)
            case .recovered(let log): return .recovered(log, frames: frames)
            case .refused(let refusal): return .refused(refusal)
            }
        }
    }

    enum Outcome: Hashable {
        case recovered(RecoveredLog, frames: Int)
        case refused(RecoveryRefusal)

        /// Where the log ends.
        var log: RecoveredLog? {
            if case .recovered(let log, _) = self { log } else { nil }
        }

        var refusal: RecoveryRefusal? {
            if case .refused(let refusal) = self { refusal } else { nil }
        }
    }
}
