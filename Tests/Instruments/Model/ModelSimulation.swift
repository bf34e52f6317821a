import CairnFiles
import CairnSimulation
import CairnStore

/// Random operations against a plain dictionary, on tiny segments, with other settings at every open, with
/// crashes, and with faults: most of the time any fault at any moment (safety: nothing wrong is answered,
/// nothing promised is lost), then none any more (liveness: everything works again and drains).
package struct ModelSimulation: Instrument {
    package let name = "simulate"
    package let unit = "operations"
    package let quickCount = 300_000
    /// Operations of one share.
    static let operationCount = 1000

    package init() {}

    package func run(share: Int, _ tally: Tally) throws {
        let operations = Self.operations(seed: UInt64(share))
        do {
            _ = try Self.perform(operations, seed: UInt64(share), tally)
        } catch let broken as BrokenPromise {
            let shrunk = Shrinker.shrink(operations) { candidate in
                (try? Self.perform(candidate, seed: UInt64(share), Tally())) == nil
            }
            let list = shrunk.map { "    \($0)" }.joined(separator: "\n")
            throw BrokenPromise(
                "seed \(share): \(broken)\n  \(shrunk.count) of \(operations.count) operations "
                    + "are enough:\n\(list)")
        }
    }

    /// The operations that a seed stands for: every third seed knows no faults, where any error is one
    /// too many.
    static func operations(seed: UInt64) -> [EngineOperation] {
        var generator = OperationGenerator(seed: seed, faults: seed % 3 != 0)
        return (0..<operationCount).map { _ in generator.next() }
    }

    /// - Returns: the digest of all that happened.
    package static func digest(seed: UInt64) throws -> UInt64 {
        try perform(operations(seed: seed), seed: seed, Tally())
    }

    @discardableResult
    private static func perform(
        _ operations: [EngineOperation], seed: UInt64, _ tally: Tally
    ) throws -> UInt64 {
        let run = EngineRun(seed: seed, settings: nil)
        defer { run.abandon() }
        try run.open(atLeast: 0)
        for (index, operation) in operations.enumerated() {
            do { try run.perform(operation) } catch let broken as BrokenPromise {
                throw BrokenPromise("operation \(index), \(operation): \(broken)")
            }
        }
        tally.count(operations.count)
        for (operation, count) in run.faultHits {
            tally.visit("fault in \(operation.rawValue)", count)
        }
        try checkLiveness(run)
        return run.trace.digest
    }

    /// No more faults: after at most one reopen everything works, everything drains, nothing is owed.
    private static func checkLiveness(_ run: EngineRun) throws {
        do {
            try run.perform(.heal)
            try run.perform(.free)
            if run.isFaulty { try run.perform(.reopen(settings: 1)) }
            for key in 0..<20 {
                let put = EngineOperation.Change.put(space: 0, key: key, .init(byteCount: 500))
                try run.perform(.commit([put], .durable, waits: true))
            }
            try run.perform(.sync)
            try run.perform(.idle(milliseconds: 5000))
            try expect(
                run.scheduler.readyCount == 0 && run.clock.nextDeadline == nil,
                "nothing is asked of the store, but it does not come to rest")
            try run.perform(.verify(settings: 2))
            try run.perform(.dump)
        } catch let broken as BrokenPromise {
            throw BrokenPromise("after the faults: \(broken)")
        }
    }
}
