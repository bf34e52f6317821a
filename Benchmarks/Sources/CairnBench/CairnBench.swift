import ArgumentParser

/// `cairn-bench`: what Cairn costs, alone and beside other engines.
@main
struct CairnBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn-bench",
        abstract: "Measures Cairn.",
        subcommands: [
            RunCommand.self, CompareCommand.self, FootprintCommand.self, MeasureCommand.self,
            FootprintStepCommand.self,
        ],
        defaultSubcommand: RunCommand.self)
}
