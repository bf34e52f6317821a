import CairnFiles
import CairnPlatform

/// Expands the values of records, and holds lists of chunks against their chunks.
struct ValueCheck {
    private let segments: [UInt64: Segment]
    private let ledger: VerifyLedger

    init(_ segments: [Segment], _ ledger: VerifyLedger) {
        var byNumber: [UInt64: Segment] = [:]
        for segment in segments { byNumber[segment.identity.number] = segment }
        self.segments = byNumber
        self.ledger = ledger
    }

    func check(_ placed: PlacedRecord, in segment: Segment) throws(StoreError) {
        let record = placed.record
        let complaint: String?
        if record.flags.contains(.chunked) {
            complaint = try self.complaint(aboutChunksOf: record)
        } else {
            complaint =
                Self.value(of: record) == nil
                ? "expected \(record.rawByteCount) bytes of deflate, found something else" : nil
        }
        guard let complaint else { return }
        let what = record.kind == .chunk ? "a part of the value" : "the value"
        ledger.data(
            segment.path, Int(placed.location.offset), complaint,
            consequence: "\(what) that commit \(record.sequence) gave a key of \(record.key.count) "
                + "bytes in keyspace \(record.keyspace) cannot be read")
    }

    private static func value(of record: Record) -> [UInt8]? {
        switch record.codec {
        case .raw: record.stored
        case .deflate: Deflate.expand(record.stored, to: record.rawByteCount)
        }
    }

    private func complaint(aboutChunksOf record: Record) throws(StoreError) -> String? {
        guard let list = ChunkList(record.stored) else {
            return "expected a list of chunks, found something else"
        }
        var checksum = CRC32C()
        var byteCount = 0
        for (index, chunk) in list.chunks.enumerated() {
            guard let part = try self.chunk(chunk),
                part.kind == .chunk, part.keyspace == record.keyspace, part.key == record.key,
                part.sequence == record.sequence, let bytes = Self.value(of: part)
            else {
                return "expected chunk \(index) of the value at offset \(chunk.offset) of segment "
                    + "\(chunk.segment), found something else"
            }
            checksum.add(bytes)
            byteCount += bytes.count
        }
        guard byteCount == list.valueByteCount, checksum.value == list.valueChecksum else {
            return "expected \(list.valueByteCount) bytes with the checksum "
                + "\(list.valueChecksum) in the chunks, found \(byteCount) with \(checksum.value)"
        }
        return nil
    }

    private func chunk(_ chunk: ChunkList.Chunk) throws(StoreError) -> Record? {
        guard let segment = segments[chunk.segment] else { return nil }
        let bytes = try naming("cannot read \(segment.path)") { () throws(FileError) in
            try segment.read(at: chunk.offset, byteCount: chunk.byteCount)
        }
        var reader = ByteReader(bytes)
        guard let record = Record.decode(&reader, in: segment.identity, at: chunk.offset),
            reader.remaining == 0, bytes.count == chunk.byteCount
        else { return nil }
        return record
    }
}
