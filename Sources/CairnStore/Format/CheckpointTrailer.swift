/// The last 112 bytes of a checkpoint: Docs/Formats/Checkpoint.md, "Trailer".
struct CheckpointTrailer: Hashable, Sendable {
    static let byteCount = 112

    /// Where in the log reading goes on.
    var position: LogPosition
    /// A place behind everything that the shards saw: the log must still lead there.
    var proof: LogPosition
    /// Commits up to this one are in the counts.
    var countedSequence: UInt64
    var tablesOffset: Int
    var tablesByteCount: Int
    var tablesChecksum: UInt32

    /// - Parameters:
    ///   - identity: what the checksums of the file are seeded with.
    ///   - offset: where the trailer will be.
    func encoded(in identity: SegmentIdentity, at offset: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        position.encode(to: &writer)
        proof.encode(to: &writer)
        writer.append(countedSequence)
        writer.append(UInt64(tablesOffset))
        writer.append(UInt64(tablesByteCount))
        writer.append(tablesChecksum)
        writer.appendZeros(Self.byteCount - 12 - writer.count)
        writer.append(CheckpointHeader.magic)
        writer.append(identity.checksum(of: writer.bytes, in: 0..<writer.count, at: offset))
        return writer.bytes
    }

    static func decode(
        _ bytes: [UInt8], in identity: SegmentIdentity, at offset: Int
    ) throws(CheckpointDefect) -> CheckpointTrailer {
        guard bytes.count == byteCount else { throw .short(offset + bytes.count) }
        var tail = ByteReader(bytes, in: byteCount - 4..<byteCount)
        guard
            tail.word(UInt32.self)
                == identity.checksum(of: bytes, in: 0..<byteCount - 4, at: offset)
        else { throw .checksum(offset: offset) }
        var reader = ByteReader(bytes)
        guard let position = LogPosition(&reader), position.nextSequence == identity.number,
            let proof = LogPosition(&reader), proof.nextSequence >= position.nextSequence,
            let counted = reader.word(UInt64.self), counted < proof.nextSequence,
            counted + 1 >= position.nextSequence,
            let tablesOffset = reader.word(UInt64.self),
            let tablesByteCount = reader.word(UInt64.self), tablesOffset <= UInt64(offset),
            tablesByteCount == UInt64(offset) - tablesOffset,
            let tablesChecksum = reader.word(UInt32.self)
        else { throw .range(offset: offset) }
        return CheckpointTrailer(
            position: position, proof: proof, countedSequence: counted,
            tablesOffset: Int(tablesOffset),
            tablesByteCount: Int(tablesByteCount), tablesChecksum: tablesChecksum)
    }
}
