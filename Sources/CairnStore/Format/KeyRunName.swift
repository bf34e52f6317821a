/// The name of a key run's file: the first and the last commit sequence it covers.
struct KeyRunName: Hashable, Sendable {
    var firstSequence: UInt64
    var lastSequence: UInt64

    static let suffix = ".keys"

    /// Sixteen decimal digits each, more where they are needed, so that names sort as numbers.
    var fileName: String {
        Self.padded(firstSequence) + "-" + Self.padded(lastSequence) + Self.suffix
    }

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    init(firstSequence: UInt64, lastSequence: UInt64) {
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
    }

    /// The sequences in a file name; `nil` for any name that no run has.
    init?(fileName: String) {
        guard fileName.hasSuffix(Self.suffix) else { return nil }
        let parts = fileName.dropLast(Self.suffix.count).split(
            separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt64(parts[0]), let last = UInt64(parts[1]),
            first <= last, last <= StoreLimits.numberMax
        else { return nil }
        self.init(firstSequence: first, lastSequence: last)
        guard self.fileName == fileName else { return nil }
    }
}
