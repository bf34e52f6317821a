import ArgumentParser

/// `cairn`: looks at stores, and reads and writes what is in them.
@main
struct Cairn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "Looks at Cairn stores, and reads and writes what is in them.",
        discussion: ExitStatus.summary,
        subcommands: [StoreCommand.self, KVCommand.self])
}
