import ArgumentParser
import CairnInstruments
import CairnPlatform
import Foundation

/// `crash-campaign campaign`: goes on with all instruments, in rounds, for as long as it is told.
struct CampaignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaign",
        abstract: "Goes on with every instrument for so many minutes, then reports.")

    @Option(help: "How long.")
    var minutes = 60.0

    @Option(help: "Begin with this share: campaigns need not do again what an earlier one did.")
    var first: Int?

    @Option(help: "Write the report, in Markdown, to this file too.")
    var report: String?

    /// One instrument gets at most so much of the clock before the next one has its turn.
    private static let turnSecondsMax = 60.0

    func run() throws {
        let start = ContinuousClock.now
        let end = start + .seconds(minutes * 60)
        // Another part of the endless work at every campaign, and named, so that it can be done again.
        let firstShare = first ?? Int(Date().timeIntervalSince1970) % 1_000_000 * 1000
        var totals = CampaignTotals(firstShare: firstShare)
        var instruments = campaignInstruments
        // Short campaigns too have time for every instrument.
        let turn = min(Self.turnSecondsMax, minutes * 60 / Double(instruments.count))
        while ContinuousClock.now < end, !instruments.isEmpty {
            for instrument in instruments where ContinuousClock.now < end {
                let left = (end - ContinuousClock.now) / .seconds(1)
                let outcome = self.turn(of: instrument, totals, seconds: min(left, turn))
                totals.add(outcome)
                CampaignReport.printLine(outcome)
                let isDone = instrument.shareCount.map {
                    totals.shares(of: instrument.name) >= $0
                }
                if isDone ?? false { instruments.removeAll { $0.name == instrument.name } }
            }
        }
        let text = totals.markdown(elapsed: (ContinuousClock.now - start) / .seconds(1))
        print(text)
        if let report {
            try text.write(toFile: report, atomically: true, encoding: .utf8)
        }
        if totals.violationCount > 0 { throw ExitCode(1) }
    }

    private func turn(
        of instrument: any Instrument, _ totals: CampaignTotals, seconds: Double
    ) -> CampaignRunner.Outcome {
        var runner = CampaignRunner()
        // Finite work begins at its beginning; endless work where this campaign has not been yet.
        let base = instrument.shareCount == nil ? totals.firstShare : 0
        runner.firstShare = base + totals.shares(of: instrument.name)
        runner.stopsAtFirstViolation = false
        runner.progress = ProgressLine(instrument.name, instrument.unit).show
        return runner.run(instrument, until: .time(.seconds(seconds)))
    }
}
