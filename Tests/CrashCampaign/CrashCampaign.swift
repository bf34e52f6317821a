import ArgumentParser
import CairnInstruments
import CairnPlatform

/// Tries to make Cairn break its promises: Docs/Testing.md.
@main
struct CrashCampaign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash-campaign",
        abstract: "Tries to make Cairn break its promises.",
        subcommands: [
            RunCommand.self, CampaignCommand.self, PlantedCommand.self, ChildCommand.self,
        ])
}
