import CairnPlatform

/// The random identity of a store, in every file of it: a file of another store is recognised.
struct StoreID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(random: any RandomSource) {
        self.init(high: random.next(), low: random.next())
    }

    var hexadecimal: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
