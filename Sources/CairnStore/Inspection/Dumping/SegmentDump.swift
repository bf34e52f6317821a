import CairnFiles

/// A segment: its header, every frame with its records, what is behind them.
struct SegmentDump {
    private let path: String
    private let fileSystem: any FileSystem

    init(_ path: String, _ fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    func run(_ show: (FileDumper.Item) -> Void) throws(StoreError) {
        try naming("cannot read \(path)") { () throws(FileError) in
            let file = try File(path, .read, in: fileSystem)
            let bytes = try file.read(at: 0, byteCount: SegmentHeader.byteCount)
            guard let identity = header(bytes, show) else { return }
            try frames(Segment(identity: identity, path: path, file: file), show)
        }
    }

    /// Shows the header; what it says of itself is good enough to try with, because the frames'
    /// checksums only hold if it is right.
    private func header(
        _ bytes: [UInt8], _ show: (FileDumper.Item) -> Void
    ) -> SegmentIdentity? {
        switch SegmentHeader.decode(bytes) {
        case .success(let header):
            show(
                FileDumper.Item(
                    "header", at: 0,
                    [
                        .text("store", header.identity.store.hexadecimal),
                        .number("segment", header.identity.number),
                        .hexadecimal("salt", header.identity.salt),
                        .number("epoch", header.epoch), .number("createdAt", header.createdAt),
                        .number("sequenceFloor", header.sequenceFloor),
                        .number("historyFloor", header.historyFloor),
                    ]))
            return header.identity
        case .failure(let defect):
            show(.damage(at: 0, "expected the header of a segment, found \(defect)"))
            var reader = ByteReader(bytes)
            guard bytes.count == SegmentHeader.byteCount, reader.skip(16) != nil,
                let high = reader.word(UInt64.self), let low = reader.word(UInt64.self),
                let number = reader.word(UInt64.self), let salt = reader.word(UInt64.self)
            else { return nil }
            return SegmentIdentity(
                store: StoreID(high: high, low: low), number: number, salt: salt)
        }
    }

    private func frames(
        _ segment: Segment, _ show: (FileDumper.Item) -> Void
    ) throws(FileError) {
        // What comes before the first frame is in another file.
        var scanner = SegmentScanner(segment, chain: 0, nextSequence: 0)
        let start = scanner.offset
        guard try scanner.skipDamage(here: true) else {
            return try rest(&scanner, from: start, "a frame", show)
        }
        if scanner.offset > start {
            show(.damage(at: start, "expected a frame, found none before \(scanner.offset)"))
        }
        while true {
            switch try scanner.next() {
            case .frame(let frame):
                show(Self.item(frame))
                for placed in frame.records { show(Self.item(placed)) }
                if frame.header.kind == .seal {
                    return try rest(&scanner, from: scanner.offset, nil, show)
                }
            case .stop(let stop):
                let offset = scanner.offset
                guard try scanner.skipDamage() else {
                    return try rest(&scanner, from: offset, stop.description, show)
                }
                show(
                    .damage(
                        at: offset,
                        "expected a frame, found \(stop.description); the next whole one is at "
                            + "offset \(scanner.offset)"))
            }
        }
    }

    /// Shows what is behind the last frame: reserved space, or a torn tail.
    private func rest(
        _ scanner: inout SegmentScanner, from offset: Int, _ found: String?,
        _ show: (FileDumper.Item) -> Void
    ) throws(FileError) {
        let length = max(0, try scanner.segment.byteCount() - offset)
        let used = try scanner.segment.garbageByteCount(from: offset)
        if used > 0 {
            let what = found.map { ", found \($0)" } ?? ""
            show(
                .damage(
                    at: offset,
                    "expected zeros or a frame\(what): \(used) bytes that no frame follows, a torn "
                        + "tail or damage"))
        }
        show(FileDumper.Item("rest", at: offset, [.number("lengthBytes", length)]))
    }

    private static func item(_ frame: ScannedFrame) -> FileDumper.Item {
        let header = frame.header
        let flags: [FileDumper.Item.Field?] = [
            header.flags.contains(.continuesBatch) ? .flag("continuesBatch", true) : nil,
            header.flags.contains(.batchContinues) ? .flag("batchContinues", true) : nil,
        ]
        return FileDumper.Item(
            "frame", at: frame.offset,
            [.text("kind", "\(header.kind)")] + flags + [
                .number("batches", header.batchCount), .number("records", header.recordCount),
                .number("payloadBytes", header.payloadByteCount),
                .number("firstSequence", header.firstSequence), .number("epoch", header.epoch),
                .hexadecimal("checksum", UInt64(frame.checksum)),
                .hexadecimal("previous", UInt64(header.previousChecksum)),
                .number("promised", header.promisedSequence),
                .number("wallClock", header.wallClock),
            ])
    }

    private static func item(_ placed: PlacedRecord) -> FileDumper.Item {
        let record = placed.record
        let list = record.flags.contains(.chunked) ? ChunkList(record.stored) : nil
        return FileDumper.Item(
            "record", at: Int(placed.location.offset),
            [
                .text("kind", "\(record.kind)"), .number("sequence", record.sequence),
                .number("keyspace", record.keyspace), .bytes("key", record.key),
                .number("lengthBytes", placed.location.byteCount),
                .number("valueBytes", list?.valueByteCount ?? record.rawByteCount),
                .text("codec", "\(record.codec)"),
                list.map { .number("chunks", $0.chunks.count) },
                record.metadata.isEmpty ? nil : .bytes("metadata", record.metadata),
                record.expiry.map { .number("expiry", $0) },
            ])
    }
}
