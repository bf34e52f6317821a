import ArgumentParser
import CairnKV
import CairnServer

/// `cairn kv key delete`: removes a key and returns once that is durable.
struct KVDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Removes a key.",
        discussion: "Returns once that is durable. Not an error when the key is not there.")

    @OptionGroup var namespace: NamespaceOptions

    @Argument(help: "The key.")
    var key: String

    @Flag(help: "Print one line of JSON.")
    var json = false

    private struct Deleted: Encodable { let key: String }

    func run() async throws {
        try await namespace.withNamespace { kv in
            try await kv.delete(key)
            if json {
                try JSONText.print(Deleted(key: key))
            } else {
                Terminal.say("Deleted key \"\(key)\"")
            }
        }
    }
}
