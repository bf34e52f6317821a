import CairnPlatform

/// Runs an instrument's shares on a few threads until it has done enough.
package struct CampaignRunner {
    /// When it has done enough.
    package enum Goal: Sendable {
        /// So many of the instrument's units.
        case count(Int)
        /// Until the clock says so.
        case time(Duration)
        /// Just this share.
        case share(Int)
    }

    /// What came of it.
    package struct Outcome: Sendable {
        package let instrument: String
        package let unit: String
        package let count: Int
        package let shares: Int
        package let seconds: Double
        package let violations: [Violation]
        package let visited: [String: Int]
        package let skipped: [String: Int]
        /// The trace of the one share that was asked for, where it has one.
        package let digest: UInt64?
    }

    package var threadCount = 2
    package var stopsAtFirstViolation = true
    /// The number of the first share: campaigns begin where the last one ended.
    package var firstShare = 0
    /// Told now and then how far it is: units done, and the part of the goal they are.
    package var progress: @Sendable (_ count: Int, _ part: Double) -> Void = { _, _ in }

    package init() {}

    package func run(_ instrument: any Instrument, until goal: Goal) -> Outcome {
        let start = ContinuousClock.now
        let tally = Tally()
        let next = Locked(firstShare)
        let runner = self
        let threads = (0..<(Self.isSingle(goal) ? 1 : threadCount)).map { _ in
            DedicatedThread(name: "instrument") {
                while let share = runner.take(next, instrument, goal, start, tally) {
                    Self.run(instrument, share, tally)
                    runner.report(goal, start, tally)
                }
            }
        }
        for thread in threads { thread.join() }
        checkPlaces(instrument, goal, tally)
        let elapsed = (ContinuousClock.now - start).components
        return Outcome(
            instrument: instrument.name, unit: instrument.unit, count: tally.count,
            shares: next.withLock { $0 } - firstShare,
            seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18,
            violations: tally.violations, visited: tally.visited, skipped: tally.skipped,
            digest: Self.isSingle(goal) ? tally.digest : nil)
    }

    /// A whole quick run must have been everywhere.
    private func checkPlaces(_ instrument: any Instrument, _ goal: Goal, _ tally: Tally) {
        guard case .count(let count) = goal, count >= instrument.quickCount else { return }
        let missing = instrument.places.filter { tally.visited[$0] == nil }
        if missing.isEmpty || !tally.violations.isEmpty { return }
        tally.add(
            Violation(
                instrument: instrument.name,
                message: "never visited: \(missing.joined(separator: ", "))",
                replay: "make crash-quick"))
    }

    private static func isSingle(_ goal: Goal) -> Bool {
        if case .share = goal { true } else { false }
    }

    private func take(
        _ next: Locked<Int>, _ instrument: any Instrument, _ goal: Goal,
        _ start: ContinuousClock.Instant, _ tally: Tally
    ) -> Int? {
        if stopsAtFirstViolation && !tally.violations.isEmpty { return nil }
        let share = next.withLock { next in
            defer { next += 1 }
            return next
        }
        switch goal {
        case .share(let only): return share == firstShare ? only : nil
        case .count(let count): if tally.count >= count { return nil }
        case .time(let limit): if ContinuousClock.now - start >= limit { return nil }
        }
        return instrument.shareCount.map { share < $0 } ?? true ? share : nil
    }

    private static func run(_ instrument: any Instrument, _ share: Int, _ tally: Tally) {
        do { try instrument.run(share: share, tally) } catch let violation as Violation {
            tally.add(violation)
        } catch {
            tally.add(
                Violation(
                    instrument: instrument.name, message: "share \(share): \(error)",
                    replay: "make crash-replay INSTRUMENT=\(instrument.name) SHARE=\(share)"))
        }
    }

    private func report(_ goal: Goal, _ start: ContinuousClock.Instant, _ tally: Tally) {
        switch goal {
        case .share: break
        case .count(let count):
            progress(tally.count, min(1, Double(tally.count) / Double(max(1, count))))
        case .time(let limit):
            progress(tally.count, min(1, (ContinuousClock.now - start) / limit))
        }
    }
}
