import ArgumentParser
import Foundation

/// What `footprint` starts for each of its steps.
struct FootprintStepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "footprint-step", abstract: "One step of a footprint.", shouldDisplay: false)

    @Argument(help: "What to do, as JSON.")
    var step: String

    func run() throws {
        try JSONDecoder().decode(FootprintStep.self, from: Data(step.utf8)).run()
    }
}
