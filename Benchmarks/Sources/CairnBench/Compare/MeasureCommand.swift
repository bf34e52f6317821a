import ArgumentParser
import Foundation

/// What `compare` starts for each stage: measures it, and writes its lines to standard output.
struct MeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "One stage of a comparison.", shouldDisplay: false)

    @Argument(help: "What to measure, as JSON.")
    var assignment: String

    func run() throws {
        let assignment = try JSONDecoder().decode(Assignment.self, from: Data(assignment.utf8))
        for line in try StageRun(assignment).run() { print(try JSONLine.encode(line)) }
    }
}
