import CairnPlatform

/// Which segments make up the store, and how far the log is known to reach:
/// Docs/Formats/Manifest.md. A small file, replaced whole.
struct Manifest: Hashable, Sendable {
    static let fileName = "MANIFEST"
    static let temporaryFileName = "MANIFEST.new"
    /// "CAIRNMAN"
    static let magic: UInt64 = 0x4E41_4D4E_5249_4143

    /// A point the log is known to reach: nothing at or before it may be missing.
    struct Floor: Hashable, Sendable {
        var sequence: UInt64
        var segment: UInt64
        var offset: UInt64
        /// The checksum of the frame header that ends at `offset`... 0 before the first frame.
        var chain: UInt32
    }

    /// One segment of the log, in log order.
    struct Segment: Hashable, Sendable {
        var number: UInt64
        var salt: UInt64
    }

    var store: StoreID
    /// Keys the fingerprints of the index, so that nobody can craft collisions.
    var hashKeyHigh: UInt64
    var hashKeyLow: UInt64
    /// The highest fencing epoch that has opened the store.
    var epoch: UInt32
    /// Changes before this sequence can no longer be told one by one.
    var historyFloor: UInt64
    /// The number of the next segment to be made; numbers are never used twice.
    var nextSegment: UInt64
    /// No keyspace has been given this number or a greater one... by a segment that is gone.
    var nextKeyspace: UInt64
    var floor: Floor
    /// The last owner closed the store: the active segment's file ends at the floor. Otherwise its
    /// space is reserved beyond the log's end, and a file that ends earlier has been cut.
    var isClosed: Bool
    var segments: [Segment]

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.append(FormatVersion.current.rawValue)
        writer.append(UInt16(isClosed ? 1 : 0))
        writer.append(epoch)
        writer.append(store.high)
        writer.append(store.low)
        writer.append(hashKeyHigh)
        writer.append(hashKeyLow)
        writer.append(historyFloor)
        writer.append(nextSegment)
        writer.append(nextKeyspace)
        writer.append(floor.sequence)
        writer.append(floor.segment)
        writer.append(floor.offset)
        writer.append(floor.chain)
        writer.append(UInt32(segments.count))
        for segment in segments {
            writer.append(segment.number)
            writer.append(segment.salt)
        }
        var checksum = CRC32C()
        checksum.add(writer.bytes)
        writer.append(checksum.value)
        return writer.bytes
    }

    enum Defect: Error, Hashable {
        case short
        case magic
        case version(UInt16)
        case checksum
        /// Checksummed, but with flags that this version does not know.
        case flags(UInt16)
        /// Checksummed, but a number in it cannot be right.
        case range
    }

    /// Reads a manifest, or says what is wrong with it.
    static func decode(_ bytes: [UInt8]) -> Result<Manifest, Defect> {
        guard bytes.count >= 14 else { return .failure(.short) }
        var reader = ByteReader(bytes)
        guard reader.word(UInt64.self) == magic else { return .failure(.magic) }
        guard let version = reader.word(UInt16.self) else { return .failure(.short) }
        guard version == FormatVersion.current.rawValue else {
            return .failure(.version(version))
        }
        var checksum = CRC32C()
        checksum.add(bytes, in: 0..<bytes.count - 4)
        var tail = ByteReader(bytes, in: bytes.count - 4..<bytes.count)
        guard tail.word(UInt32.self) == checksum.value else { return .failure(.checksum) }
        guard let flags = reader.word(UInt16.self) else { return .failure(.short) }
        guard flags <= 1 else { return .failure(.flags(flags)) }
        guard let epoch = reader.word(UInt32.self),
            let high = reader.word(UInt64.self), let low = reader.word(UInt64.self),
            let hashKeyHigh = reader.word(UInt64.self), let hashKeyLow = reader.word(UInt64.self),
            let historyFloor = reader.word(UInt64.self),
            let nextSegment = reader.word(UInt64.self),
            let nextKeyspace = reader.word(UInt64.self),
            let floor = Floor(&reader), let count = reader.word(UInt32.self)
        else { return .failure(.short) }
        guard count <= StoreLimits.segmentCountMax, reader.remaining == Int(count) * 16 + 4 else {
            return .failure(.range)
        }
        var segments: [Segment] = []
        for _ in 0..<count {
            guard let number = reader.word(UInt64.self), let salt = reader.word(UInt64.self) else {
                return .failure(.short)
            }
            segments.append(Segment(number: number, salt: salt))
        }
        let manifest = Manifest(
            store: StoreID(high: high, low: low), hashKeyHigh: hashKeyHigh,
            hashKeyLow: hashKeyLow, epoch: epoch, historyFloor: historyFloor,
            nextSegment: nextSegment, nextKeyspace: nextKeyspace, floor: floor,
            isClosed: flags == 1, segments: segments)
        return manifest.isInRange ? .success(manifest) : .failure(.range)
    }

    /// Whether every number can be right: nothing that is done with them may overflow.
    private var isInRange: Bool {
        max(nextSegment, nextKeyspace, floor.sequence) <= StoreLimits.numberMax
            && floor.offset <= StoreLimits.segmentOffsetMax
            && segments.allSatisfy { $0.number < nextSegment }
            && Set(segments.map(\.number)).count == segments.count
            && (floor.segment == 0 && floor.sequence == 0
                || segments.contains { $0.number == floor.segment })
    }
}

extension Manifest.Floor {
    fileprivate init?(_ reader: inout ByteReader) {
        guard let sequence = reader.word(UInt64.self), let segment = reader.word(UInt64.self),
            let offset = reader.word(UInt64.self), let chain = reader.word(UInt32.self)
        else { return nil }
        self.init(sequence: sequence, segment: segment, offset: offset, chain: chain)
    }
}
