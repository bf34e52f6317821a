import ArgumentParser
import CairnInstruments
import CairnPlatform

/// `crash-campaign run`: one instrument, or all, for a count, a time or one share.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs instruments; fails when a promise was broken.")

    @Argument(help: "The instruments to run; all when none is named.")
    var names: [String] = []

    @Option(help: "Run so many units of each instead of what `make test` wants.")
    var count: Int?

    @Option(help: "Run each for so many seconds.")
    var seconds: Double?

    @Option(help: "Run this share alone: replays a failure.")
    var share: Int?

    @Option(help: "Begin with this share.")
    var first = 0

    @Flag(help: "Flip every bit, as campaigns do, not every 37th.")
    var everyBit = false

    @Option(help: "Plant a known bug first (builds with the trait PlantedBugs only).")
    var plant: String?

    func validate() throws {
        for name in names where !allInstruments.contains(where: { $0.name == name }) {
            throw ValidationError(
                "there is no instrument '\(name)'; there are: "
                    + allInstruments.map(\.name).joined(separator: ", "))
        }
    }

    func run() throws {
        try plantBug()
        var failed = 0
        let instruments = everyBit ? campaignInstruments : allInstruments
        for instrument in instruments where names.isEmpty || names.contains(instrument.name) {
            let outcome = runner(for: instrument).run(instrument, until: goal(for: instrument))
            CampaignReport.printLine(outcome)
            if !outcome.violations.isEmpty { failed += 1 }
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private func plantBug() throws {
        guard let plant else { return }
        #if PlantedBugs
            guard let bug = PlantedBug(rawValue: plant) else {
                throw ValidationError("there is no planted bug '\(plant)'")
            }
            PlantedBug.plant(bug)
        #else
            throw ValidationError("this build cannot plant bugs; see `make planted-bugs`")
        #endif
    }

    private func runner(for instrument: any Instrument) -> CampaignRunner {
        var runner = CampaignRunner()
        runner.firstShare = first
        runner.progress = ProgressLine(instrument.name, instrument.unit).show
        return runner
    }

    private func goal(for instrument: any Instrument) -> CampaignRunner.Goal {
        if let share { return .share(share) }
        if let seconds { return .time(.seconds(seconds)) }
        return .count(count ?? instrument.quickCount)
    }
}
