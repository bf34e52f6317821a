import CairnPlatform

/// The 64 bytes before every frame's payload: Docs/Formats/Segment.md, "Frame".
///
/// Its checksum is seeded with its place; it holds the checksum of the header before it, so the
/// last header of a segment vouches for all of them, and each vouches for its payload.
struct FrameHeader: Hashable, Sendable {
    static let byteCount = 64
    /// Frames start at multiples of this.
    static let alignment = 16
    /// "CrnF"
    static let magic: UInt32 = 0x466E_7243
    /// Where the bytes begin that the checksum covers.
    private static var checksummedFrom: Int {
        PlantedBug.headerOutsideChecksum.isPlanted ? 12 : 8
    }

    enum Kind: UInt8, Sendable {
        /// Carries records.
        case commit = 1
        /// Carries nothing but the promise that its predecessors are durable.
        case promise = 2
        /// The last frame of its segment: the log goes on in the next one.
        case seal = 3
    }

    struct Flags: OptionSet, Hashable, Sendable {
        let rawValue: UInt8
        /// The batch of this frame began in an earlier one.
        static let continuesBatch = Flags(rawValue: 1)
        /// The batch of this frame goes on in the next one.
        static let batchContinues = Flags(rawValue: 2)
        static let all: Flags = [.continuesBatch, .batchContinues]
    }

    var kind: Kind
    var flags: Flags = []
    /// Batches that end in this frame... or, of a frame that only holds a part of one, 1.
    var batchCount: UInt16
    var payloadByteCount: Int
    var payloadChecksum: UInt32
    var recordCount: UInt32
    /// The sequence of the frame's first batch; of a frame without records, the next to be given.
    var firstSequence: UInt64
    var epoch: UInt32
    /// The checksum of the header before this one in the log; 0 in the very first.
    var previousChecksum: UInt32
    /// Everything up to this sequence was durable when the frame was written.
    var promisedSequence: UInt64
    var wallClock: Int64

    /// The payload's length on disk, padded to where the next frame starts.
    var paddedPayloadByteCount: Int { Self.padded(payloadByteCount) }

    static func padded(_ byteCount: Int) -> Int {
        (byteCount + alignment - 1) & ~(alignment - 1)
    }

    /// The header's bytes and its checksum, as a header that lives at `offset` of `segment`.
    func encoded(in segment: SegmentIdentity, at offset: Int) -> (bytes: [UInt8], checksum: UInt32)
    {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(Self.magic)
        writer.append(UInt32(0))
        writer.append(kind.rawValue)
        writer.append(flags.rawValue)
        writer.append(batchCount)
        writer.append(UInt32(payloadByteCount))
        writer.append(payloadChecksum)
        writer.append(recordCount)
        writer.append(firstSequence)
        writer.append(epoch)
        writer.append(previousChecksum)
        writer.append(promisedSequence)
        writer.append(wallClock)
        writer.append(UInt64(0))
        let checksum = segment.checksum(
            of: writer.bytes, in: Self.checksummedFrom..<Self.byteCount, at: offset)
        writer.overwrite(at: 4, with: checksum)
        return (writer.bytes, checksum)
    }

    /// Whether the bytes at `start` of `bytes` were written as a header at `offset` of `segment`, whatever
    /// they say.
    static func isWhole(
        _ bytes: [UInt8], from start: Int, in segment: SegmentIdentity, at offset: Int
    ) -> Bool {
        guard bytes.count - start >= byteCount else { return false }
        var reader = ByteReader(bytes, in: start..<start + byteCount)
        guard reader.word(UInt32.self) == magic, let checksum = reader.word(UInt32.self) else {
            return false
        }
        let range = start + checksummedFrom..<start + byteCount
        return checksum == segment.checksum(of: bytes, in: range, at: offset)
    }

    /// Reads the header at `start` of `bytes`, which lives at `offset` of `segment`; `nil` unless
    /// it is whole and every field is in range.
    static func decode(
        _ bytes: [UInt8], from start: Int, in segment: SegmentIdentity, at offset: Int
    ) -> (header: FrameHeader, checksum: UInt32)? {
        guard isWhole(bytes, from: start, in: segment, at: offset) else { return nil }
        var reader = ByteReader(bytes, in: start..<start + byteCount)
        guard reader.word(UInt32.self) == magic, let checksum = reader.word(UInt32.self),
            let kind = reader.byte().flatMap(Kind.init(rawValue:)), let flags = reader.byte(),
            flags & ~Flags.all.rawValue == 0, let batchCount = reader.word(UInt16.self),
            let payloadByteCount = reader.word(UInt32.self),
            payloadByteCount <= StoreLimits.framePayloadByteCountMax,
            let payloadChecksum = reader.word(UInt32.self),
            let recordCount = reader.word(UInt32.self),
            let firstSequence = reader.word(UInt64.self), firstSequence <= StoreLimits.numberMax,
            let epoch = reader.word(UInt32.self), let previous = reader.word(UInt32.self),
            let promised = reader.word(UInt64.self), let wallClock = reader.word(Int64.self),
            reader.word(UInt64.self) == 0
        else { return nil }
        let header = FrameHeader(
            kind: kind, flags: Flags(rawValue: flags), batchCount: batchCount,
            payloadByteCount: Int(payloadByteCount), payloadChecksum: payloadChecksum,
            recordCount: recordCount, firstSequence: firstSequence, epoch: epoch,
            previousChecksum: previous, promisedSequence: promised, wallClock: wallClock)
        return (header, checksum)
    }
}
