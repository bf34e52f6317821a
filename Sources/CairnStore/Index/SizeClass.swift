/// A size in eight bits, rounded up: exact for small ones, at most 6.3 % too great for others.
///
/// Sizes count in units of 8 bytes (4096 for the footprint of a chunked value): below 32 units the class
/// is their number; from there on sixteen classes for each doubling.
struct SizeClass: Hashable, Sendable {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The least class that holds `byteCount` bytes.
    init(_ byteCount: Int, chunked: Bool) {
        let unit = Self.unit(chunked)
        let units = (byteCount + unit - 1) / unit
        guard units >= 32 else {
            rawValue = UInt8(units)
            return
        }
        var exponent = Int.bitWidth - 1 - units.leadingZeroBitCount - 4
        var mantissa = (units + (1 << exponent) - 1) >> exponent
        if mantissa == 32 {
            mantissa = 16
            exponent += 1
        }
        rawValue = UInt8(min(16 * exponent + mantissa, 255))
    }

    /// The greatest size of the class in bytes.
    func byteCount(chunked: Bool) -> Int {
        let unit = Self.unit(chunked)
        guard rawValue >= 32 else { return Int(rawValue) * unit }
        let exponent = Int(rawValue) / 16 - 1
        return ((Int(rawValue) - 16 * exponent) << exponent) * unit
    }

    private static func unit(_ chunked: Bool) -> Int { chunked ? 4096 : 8 }
}
