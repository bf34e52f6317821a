import CPlatform

/// The checksum of every byte on disk: CRC-32C, by processor instruction where there is one.
///
/// Detects all errors of up to five bits in a record and all bursts of up to 32; a random change
/// passes with odds of 2⁻³². It defends against accidents, not against a forger.
package struct CRC32C: Sendable, Hashable {
    /// The checksum of what has been added so far.
    package private(set) var value: UInt32

    /// Starts empty, or continues from an earlier checksum.
    package init(_ value: UInt32 = 0) { self.value = value }

    /// Adds the bytes of `span`.
    package mutating func add(_ span: RawSpan) {
        value = unsafe span.withUnsafeBytes { bytes in
            unsafe cairn_crc32c(value, bytes.baseAddress, bytes.count)
        }
    }

    /// Adds `bytes[range]`.
    package mutating func add(_ bytes: [UInt8], in range: Range<Int>) {
        unsafe add(bytes.span.extracting(range).bytes)
    }

    /// Adds all of `bytes`.
    package mutating func add(_ bytes: [UInt8]) { add(bytes, in: 0..<bytes.count) }

    /// Adds eight bytes, least significant first.
    package mutating func add(_ word: UInt64) {
        var little = word.littleEndian
        value = unsafe withUnsafeBytes(of: &little) { bytes in
            unsafe cairn_crc32c(value, bytes.baseAddress, bytes.count)
        }
    }

    /// The same, from the table alone: what the instruction is tested against.
    package static func reference(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe cairn_crc32c_table(0, bytes.baseAddress, bytes.count)
        }
    }
}
