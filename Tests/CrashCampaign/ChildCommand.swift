import ArgumentParser
import CairnInstruments

/// `crash-campaign child`: what instruments start and kill; not for people.
struct ChildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "child", abstract: "Is started, and killed, by instruments.",
        shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run() throws { throw ExitCode(ChildBody.run(arguments)) }
}
