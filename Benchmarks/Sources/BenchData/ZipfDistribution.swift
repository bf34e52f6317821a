#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ranks that are drawn the more often the lower they are: rank `r` in proportion to
/// `1 / (r + 1)^theta`.
///
/// The method of Gray et al., "Quickly generating billion-record synthetic databases", which YCSB
/// uses as well: exact for the first two ranks, and close for the others.
package struct ZipfDistribution: Sendable {
    package let count: Int
    private let theta: Double
    private let zeta: Double
    private let alpha: Double
    private let eta: Double

    package init(count: Int, theta: Double) {
        precondition(count > 1 && theta > 0 && theta < 1)
        self.count = count
        self.theta = theta
        var zeta = 0.0
        for rank in 1...count { zeta += 1 / pow(Double(rank), theta) }
        let zetaOfTwo = 1 + pow(0.5, theta)
        self.zeta = zeta
        alpha = 1 / (1 - theta)
        eta = (1 - pow(2 / Double(count), 1 - theta)) / (1 - zetaOfTwo / zeta)
    }

    /// How likely `rank` is.
    package func probability(of rank: Int) -> Double { 1 / pow(Double(rank + 1), theta) / zeta }

    /// Draws a rank in `0..<count`.
    package func draw(_ random: inout RandomNumbers) -> Int {
        let unit = random.nextUnit()
        let scaled = unit * zeta
        if scaled < 1 { return 0 }
        if scaled < 1 + pow(0.5, theta) { return 1 }
        return min(count - 1, Int(Double(count) * pow(eta * unit - eta + 1, alpha)))
    }
}
