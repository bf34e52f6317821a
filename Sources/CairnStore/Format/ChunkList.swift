import CairnPlatform

/// The value of a chunked put: where its chunks are. Docs/Formats/Segment.md, "Chunked values".
struct ChunkList: Hashable, Sendable {
    /// One chunk: a record of its own.
    struct Chunk: Hashable, Sendable {
        var segment: UInt64
        var offset: Int
        var byteCount: Int
    }

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
        let chunks = byteCount / StoreLimits.chunkByteCountMax + 1
        return 10 + 4 + 10 + chunks * 30
    }

    init(valueByteCount: Int, valueChecksum: UInt32, chunks: [Chunk]) {
        self.valueByteCount = valueByteCount
        self.valueChecksum = valueChecksum
        self.chunks = chunks
    }

    /// Reads a list; `nil` unless it is whole and every number is in range.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let valueByteCount = reader.count(max: StoreLimits.valueByteCountMax),
            let checksum = reader.word(UInt32.self),
            let count = reader.count(max: StoreLimits.valueByteCountMax)
        else { return nil }
        var chunks: [Chunk] = []
        for _ in 0..<count {
            guard let segment = reader.varint(),
                let offset = reader.count(max: StoreLimits.segmentByteCountRange.upperBound),
                let byteCount = reader.count(max: StoreLimits.framePayloadByteCountMax)
            else { return nil }
            chunks.append(Chunk(segment: segment, offset: offset, byteCount: byteCount))
        }
        guard reader.remaining == 0 else { return nil }
        self.init(valueByteCount: valueByteCount, valueChecksum: checksum, chunks: chunks)
    }
}
