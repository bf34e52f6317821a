import ArgumentParser
import CairnKV
import CairnServer

/// `cairn kv key get`: prints a value as it is.
struct KVGetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Prints the value of a key.",
        discussion: "Prints the value's bytes and nothing else, or \"Value not found\".")

    @OptionGroup var namespace: NamespaceOptions

    @Argument(help: "The key.")
    var key: String

    @Flag(help: "Decode the value as UTF-8, with replacement characters, and end the line.")
    var text = false

    @Flag(help: "Print one line of JSON with metadata and expiry; null when there is no value.")
    var json = false

    func run() async throws {
        try await namespace.withNamespace { kv in
            let value = try await kv.getWithMetadata(key)
            if json {
                try JSONText.print(
                    value.map {
                        KVRow(
                            name: key, value: $0.text, expiration: $0.expiration,
                            metadataJSON: $0.metadataJSON)
                    })
            } else if let value {
                if text { Terminal.say(value.text) } else { Terminal.say(value.bytes) }
            } else {
                Terminal.say("Value not found")
            }
        }
    }
}
