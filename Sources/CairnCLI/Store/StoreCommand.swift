import ArgumentParser

/// `cairn store`: looks at a store's files. The store must not be open elsewhere.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Looks at a store's files.",
        subcommands: [StatsCommand.self, VerifyCommand.self, DumpCommand.self])
}
