import ArgumentParser

/// `cairn`: looks at stores.
@main
struct Cairn: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "Looks at Cairn stores.",
        discussion: ExitStatus.summary,
        subcommands: [StoreCommand.self])
}
