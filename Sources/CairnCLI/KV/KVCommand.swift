import ArgumentParser

/// `cairn kv`: the KV namespaces of a worker's data.
struct KVCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kv", abstract: "Reads and writes KV namespaces.",
        subcommands: [KVKeyCommand.self])
}

/// `cairn kv key`: single keys, with the options of `wrangler kv key`.
struct KVKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Reads and writes the keys of a KV namespace.",
        subcommands: [
            KVPutCommand.self, KVGetCommand.self, KVListCommand.self, KVDeleteCommand.self,
        ])
}
