import Dispatch
import Histogram
import Synchronization

/// What one thread has done: how often, how long, and how long each time.
struct Tally: Sendable {
    private(set) var operations = 0
    private(set) var nanoseconds: UInt64 = 0
    private(set) var latencies = Stopwatch.histogram()

    /// Measures one operation. Making its key and checking its result stay outside.
    @inline(__always) mutating func time(_ body: () throws -> Void) rethrows {
        let start = Self.now
        try body()
        record(Self.now - start)
    }

    /// Counts an operation that took so many nanoseconds.
    mutating func record(_ elapsed: UInt64) {
        operations += 1
        nanoseconds += elapsed
        latencies.record(elapsed)
    }

    mutating func reset() {
        operations = 0
        nanoseconds = 0
        latencies.reset()
    }

    mutating func add(_ other: Tally) {
        operations += other.operations
        nanoseconds += other.nanoseconds
        latencies.add(other.latencies)
    }

    /// Nanoseconds of the monotonic clock.
    @inline(__always) static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    func microseconds(at percentile: Double) -> Double {
        Double(latencies.valueAtPercentile(percentile)) / 1000
    }
}

/// Tallies that are made, and their memory touched, before the memory of an engine is measured.
final class TallyPool: Sendable {
    private let tallies: Mutex<[Tally]>

    init(count: Int) { tallies = Mutex((0..<count).map { _ in Tally() }) }

    func take() -> Tally {
        var tally = tallies.withLock { $0.popLast() } ?? Tally()
        tally.reset()
        return tally
    }

    func giveBack(_ tally: Tally) { tallies.withLock { $0.append(tally) } }
}
