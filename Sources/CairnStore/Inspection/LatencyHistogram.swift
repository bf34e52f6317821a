/// How long something took, many times over, in nanoseconds and in 5 KiB whatever the number.
///
/// Log-linear: the range between a power of two and the next is cut into sixteen equal buckets, so a
/// bucket is never wider than a sixteenth of what is in it. Below 16 ns each number has its own.
/// What takes longer than `nanosecondsMax`, some 18 minutes, is counted in the last bucket.
///
/// A plain value: whoever records from several threads keeps it behind a lock.
public struct LatencyHistogram: Sendable, Hashable {
    private static let bucketBits = 4
    private static let bucketsPerDoubling = 1 << bucketBits

    /// The longest time that is told from longer ones.
    public static let nanosecondsMax = (UInt64(1) << 40) - 1

    private var buckets = [UInt64](repeating: 0, count: bucket(of: nanosecondsMax) + 1)
    /// How many have been recorded.
    public private(set) var count: UInt64 = 0
    /// All of them together.
    public private(set) var totalNanoseconds: UInt64 = 0
    /// The longest, or 0 when there is none.
    public private(set) var longestNanoseconds: UInt64 = 0

    /// An empty one.
    public init() {}

    /// Counts something that took so long.
    public mutating func record(nanoseconds: UInt64) {
        buckets[Self.bucket(of: min(nanoseconds, Self.nanosecondsMax))] += 1
        count += 1
        totalNanoseconds &+= nanoseconds
        longestNanoseconds = max(longestNanoseconds, nanoseconds)
    }

    /// Adds what `other` has counted.
    public mutating func merge(_ other: LatencyHistogram) {
        for bucket in buckets.indices { buckets[bucket] += other.buckets[bucket] }
        count += other.count
        totalNanoseconds &+= other.totalNanoseconds
        longestNanoseconds = max(longestNanoseconds, other.longestNanoseconds)
    }

    /// The time in nanoseconds that `percent` of a hundred did not exceed: not below the true one, and
    /// at most a sixteenth above it. `nil` when nothing has been recorded.
    /// - Parameter percent: 0 to 100; 50 is the median.
    public func percentile(_ percent: Double) -> UInt64? {
        precondition((0...100).contains(percent), "a percentile lies in 0...100")
        guard count > 0 else { return nil }
        let rank = max(1, (Double(count) * percent / 100).rounded(.up))
        var below: UInt64 = 0
        for (bucket, count) in buckets.enumerated() where count > 0 {
            below += count
            if Double(below) >= rank {
                // The last bucket has no end.
                return bucket == buckets.count - 1
                    ? longestNanoseconds : min(Self.end(of: bucket), longestNanoseconds)
            }
        }
        return longestNanoseconds
    }

    /// The mean in nanoseconds, or `nil` when nothing has been recorded.
    public var meanNanoseconds: UInt64? { count > 0 ? totalNanoseconds / count : nil }

    private static func bucket(of nanoseconds: UInt64) -> Int {
        guard nanoseconds >= bucketsPerDoubling else { return Int(nanoseconds) }
        let shift = 63 - nanoseconds.leadingZeroBitCount - bucketBits
        return shift * bucketsPerDoubling + Int(nanoseconds >> shift)
    }

    /// The longest time in a bucket.
    private static func end(of bucket: Int) -> UInt64 {
        guard bucket >= 2 * bucketsPerDoubling else { return UInt64(bucket) }
        let shift = bucket / bucketsPerDoubling - 1
        let first = UInt64(bucketsPerDoubling + bucket % bucketsPerDoubling) << shift
        return first + (1 << shift) - 1
    }
}
