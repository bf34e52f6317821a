import Histogram

/// What one run found.
struct Measurement: Sendable {
    let operations: Int
    let seconds: Double
    /// Latencies of single operations, in nanoseconds.
    let latencies: Histogram<UInt64>

    var operationsPerSecond: Double { Double(operations) / seconds }

    func microseconds(at percentile: Double) -> Double {
        Double(latencies.valueAtPercentile(percentile)) / 1000
    }
}

/// Measures operations until the time is up.
struct Stopwatch: Sendable {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let end: ContinuousClock.Instant

    init(_ duration: Duration) {
        start = clock.now
        end = start + duration
    }

    var isOver: Bool { clock.now >= end }

    /// One caller, `batch` operations between two looks at the clock: a look costs about 40 ns.
    func measure(batch: Int = 1, _ body: (Int) throws -> Void) rethrows -> Measurement {
        var tally = Tally(start: start)
        repeat {
            for number in 0..<batch { try body(tally.count + number) }
            tally.add(batch, at: clock.now)
        } while tally.now < end
        return tally.measurement
    }

    /// One caller that waits.
    func measure(
        batch: Int = 1, _ body: (Int) async throws -> Void
    ) async rethrows -> Measurement {
        var tally = Tally(start: start)
        repeat {
            for number in 0..<batch { try await body(tally.count + number) }
            tally.add(batch, at: clock.now)
        } while tally.now < end
        return tally.measurement
    }

    /// What one caller has done so far.
    private struct Tally {
        let start: ContinuousClock.Instant
        var now: ContinuousClock.Instant
        var count = 0
        var histogram = Stopwatch.histogram()

        init(start: ContinuousClock.Instant) { (self.start, now) = (start, start) }

        mutating func add(_ batch: Int, at then: ContinuousClock.Instant) {
            Stopwatch.record(then - now, batch, &histogram)
            count += batch
            now = then
        }

        var measurement: Measurement {
            Measurement(
                operations: count, seconds: Stopwatch.seconds(now - start), latencies: histogram)
        }
    }

    /// Several callers at once, each waiting for its own.
    func measure(
        callers: Int,
        _ body: @escaping @Sendable (_ caller: Int, _ number: Int) async throws -> Void
    ) async throws -> Measurement {
        let parts = try await withThrowingTaskGroup(of: Measurement.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    try await measure { number in try await body(caller, number) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return Self.sum(parts)
    }

    static func sum(_ parts: [Measurement]) -> Measurement {
        var all = histogram()
        for part in parts {
            for value in part.latencies.recordedValues() {
                all.record(value.value, count: value.count)
            }
        }
        return Measurement(
            operations: parts.reduce(0) { $0 + $1.operations },
            seconds: parts.map(\.seconds).max() ?? 0, latencies: all)
    }

    static func histogram() -> Histogram<UInt64> {
        Histogram<UInt64>(
            lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000_000,
            numberOfSignificantValueDigits: .three)
    }

    static func record(_ duration: Duration, _ count: Int, _ histogram: inout Histogram<UInt64>) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        histogram.record(nanoseconds / UInt64(count), count: UInt64(count))
    }

    static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
