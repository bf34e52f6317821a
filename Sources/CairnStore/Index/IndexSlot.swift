/// What the index keeps of a live key: sixteen bytes, whatever the key's length.
///
///     word 0   home 64
///     word 1   tag 8 | segment slot 16 | chunked 1 | offset 31 | size class 8
///
/// A segment slot is the index's short name for a segment; it is not given again while any slot may
/// hold it. No record starts before its segment's header ends, so word 1 of a slot in use is never 0.
struct IndexSlot: Hashable, Sendable {
    static let byteCount = 16

    var home: UInt64
    var word: UInt64

    /// No key.
    static let empty = IndexSlot(home: 0, word: 0)

    init(home: UInt64, word: UInt64) {
        self.home = home
        self.word = word
    }

    init(_ fingerprint: Fingerprint, _ place: IndexPlace) {
        home = fingerprint.home
        word =
            UInt64(fingerprint.tag) << 56 | UInt64(place.segmentSlot) << 40
            | (place.isChunked ? 1 << 39 : 0) | UInt64(place.offset) << 8
            | UInt64(place.size.rawValue)
    }

    var isEmpty: Bool { word == 0 }

    var tag: UInt8 { UInt8(truncatingIfNeeded: word >> 56) }

    var place: IndexPlace {
        IndexPlace(
            segmentSlot: UInt16(truncatingIfNeeded: word >> 40),
            offset: UInt32(truncatingIfNeeded: word >> 8) & 0x7FFF_FFFF,
            size: SizeClass(rawValue: UInt8(truncatingIfNeeded: word)),
            isChunked: word & 1 << 39 != 0)
    }

    func matches(_ fingerprint: Fingerprint) -> Bool {
        home == fingerprint.home && tag == fingerprint.tag
    }

    /// The order of slots in a shard.
    func precedes(_ other: IndexSlot) -> Bool {
        home != other.home ? home < other.home : tag < other.tag
    }
}

/// Where the index says a record is, and about how long it is.
struct IndexPlace: Hashable, Sendable {
    let segmentSlot: UInt16
    let offset: UInt32
    /// Of the record; of a chunked one, of the record and its chunks.
    let size: SizeClass
    let isChunked: Bool

    init(segmentSlot: UInt16, offset: UInt32, size: SizeClass, isChunked: Bool) {
        self.segmentSlot = segmentSlot
        self.offset = offset
        self.size = size
        self.isChunked = isChunked
    }

    /// - Parameter footprint: bytes of the log that die with the record.
    init(segmentSlot: UInt16, offset: UInt32, footprint: Int, isChunked: Bool) {
        self.init(
            segmentSlot: segmentSlot, offset: offset,
            size: SizeClass(footprint, chunked: isChunked), isChunked: isChunked)
    }

    /// Bytes of the log that die with the key, to within the size class.
    var footprint: Int { size.byteCount(chunked: isChunked) }

    /// How many bytes to read so that nearly every record is whole at once.
    var readByteCount: Int { isChunked ? 4096 : footprint }
}
