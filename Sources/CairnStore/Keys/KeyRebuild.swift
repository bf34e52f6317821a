import CairnFiles

/// Makes a key run anew from the stretch of the log that it covers.
struct KeyRebuild {
    private let segments: [Segment]
    private let store: StoreID

    /// - Parameter segments: all of the log's, in its order.
    init(_ segments: [Segment], store: StoreID) {
        self.segments = segments
        self.store = store
    }

    /// Reads the log and returns the run of `stretch` as it was.
    func run(_ stretch: KeyStretch, salt: UInt64) throws(StoreError) -> KeyRun {
        var keys = KeyBuffer()
        var salts: [UInt64: UInt64] = [:]
        var position = stretch.from
        guard let first = segments.firstIndex(where: { $0.identity.number == position.segment })
        else { throw missing(stretch) }
        for segment in segments[first...] {
            if segment.identity.number != position.segment {
                position.offset = SegmentHeader.byteCount
            }
            salts[segment.identity.number] = segment.identity.salt
            var scanner = SegmentScanner(
                segment, from: position.offset, chain: position.chain,
                nextSequence: position.nextSequence)
            try read(&scanner, stretch, into: &keys)
            if scanner.nextSequence > stretch.lastSequence {
                do throws(KeyRunError) {
                    return try keys.run(
                        of: stretch, store: store, salt: salt, segmentSalts: salts)
                } catch { throw missing(stretch) }
            }
            position.chain = scanner.chain
            position.nextSequence = scanner.nextSequence
        }
        throw missing(stretch)
    }

    /// Reads one segment up to its end or to the last commit wanted.
    private func read(
        _ scanner: inout SegmentScanner, _ stretch: KeyStretch, into keys: inout KeyBuffer
    ) throws(StoreError) {
        while scanner.nextSequence <= stretch.lastSequence {
            let event = try naming("cannot read \(scanner.segment.path)") {
                () throws(FileError) in try scanner.next()
            }
            guard case .frame(let frame) = event else { return }
            for placed in frame.records {
                let sequence = placed.record.sequence
                if sequence >= stretch.firstSequence && sequence <= stretch.lastSequence {
                    keys.append(placed)
                }
            }
            if frame.header.kind == .seal { return }
        }
    }

    private func missing(_ stretch: KeyStretch) -> StoreError {
        StoreError(
            .corrupt,
            "the commits \(stretch.firstSequence) to \(stretch.lastSequence) cannot be read from the "
                + "log; restore a copy, or look with `cairn store verify`")
    }
}
