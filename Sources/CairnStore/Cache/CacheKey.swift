/// Names something decoded from bytes of the log.
///
/// The bytes that a key stands for never change: a segment is never rewritten and its number never
/// given twice. So what is cached cannot be stale, and nothing has to be taken out for being wrong.
struct CacheKey: Hashable, Sendable {
    /// What was decoded.
    enum Kind: UInt8, Sendable {
        /// One value, checked and expanded.
        case value = 1
        /// A block of keys.
        case block
        /// One page of a listing.
        case page
    }

    /// The number of the segment, or of whatever else `place` counts in.
    let id: UInt64
    let place: UInt64
    /// Last, so that an entry's flag fits behind it.
    let kind: Kind

    init(_ kind: Kind, id: UInt64, place: UInt64) {
        self.kind = kind
        self.id = id
        self.place = place
    }

    /// 64 bits of which every one depends on the whole key.
    ///
    /// Two multiplications side by side, then the finalizer of SplitMix64 (Steele, Lea, Flood, 2014):
    /// some 3 ns, where `Hasher` needs 15. It is not keyed: who writes to the store does not choose where
    /// in the log a record lands.
    var mixed: UInt64 {
        var bits = id &* 0x9E37_79B9_7F4A_7C15
        bits ^= (place ^ (UInt64(kind.rawValue) << 56)) &* 0xC2B2_AE3D_27D4_EB4F
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// The same for standard collections.
    func hash(into hasher: inout Hasher) { hasher.combine(mixed) }
}
