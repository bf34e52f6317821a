import CairnPlatform

/// The value of a chunked put: where its chunks are. Docs/Formats/Segment.md, "Chunked values".
struct ChunkList: Hashable, Sendable {
    /// One chunk: a record of its own.
    struct Chunk: Hashable, Sendable {
        var segment: UInt64
        var offset: Int
        var byteCount: Int
    }

    /// More than a chunk's record takes: its part of the value, its key, and what is around them.
    private static let recordByteCountMax =
        StoreLimits.chunkByteCountMax + StoreLimits.keyByteCountMax + 128

    /// The whole value's length.
    var valueByteCount: Int
    /// The CRC-32C of the whole value before compression.
    var valueChecksum: UInt32
    var chunks: [Chunk]

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(valueByteCount))
        writer.append(valueChecksum)
        writer.appendVarint(UInt64(chunks.count))
        for chunk in chunks {
            writer.appendVarint(chunk.segment)
            writer.appendVarint(UInt64(chunk.offset))
            writer.appendVarint(UInt64(chunk.byteCount))
        }
        return writer.bytes
    }

    /// At least as many bytes as the list of a value of `byteCount` bytes takes.
    static func byteCountBound(forValueOf byteCount: Int) -> Int {
        10 + 4 + 10 + chunkCount(forValueOf: byteCount) * 30
    }

    /// How many chunks a value of `byteCount` bytes has: all but the last are full.
    private static func chunkCount(forValueOf byteCount: Int) -> Int {
        (byteCount + StoreLimits.chunkByteCountMax - 1) / StoreLimits.chunkByteCountMax
    }

    init(valueByteCount: Int, valueChecksum: UInt32, chunks: [Chunk]) {
        self.valueByteCount = valueByteCount
        self.valueChecksum = valueChecksum
        self.chunks = chunks
    }

    /// Reads a list; `nil` unless it is whole, every number is in range, and there are as many chunks as
    /// the value's length asks for: a length is believed only with the chunks to show for it.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let valueByteCount = reader.count(max: StoreLimits.valueByteCountMax),
            let checksum = reader.word(UInt32.self),
            let count = reader.count(max: Self.chunkCount(forValueOf: valueByteCount)),
            count == Self.chunkCount(forValueOf: valueByteCount)
        else { return nil }
        var chunks: [Chunk] = []
        for _ in 0..<count {
            guard let segment = reader.number(),
                let offset = reader.count(max: StoreLimits.segmentByteCountRange.upperBound),
                let byteCount = reader.count(max: Self.recordByteCountMax)
            else { return nil }
            chunks.append(Chunk(segment: segment, offset: offset, byteCount: byteCount))
        }
        guard reader.remaining == 0 else { return nil }
        self.init(valueByteCount: valueByteCount, valueChecksum: checksum, chunks: chunks)
    }
}
