import ArgumentParser
import CairnKV
import CairnServer

/// `cairn kv key list`: all keys, or those with a prefix, in order.
struct KVListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists keys in the order of their bytes, as JSON.")

    @OptionGroup var namespace: NamespaceOptions

    @Option(help: "Only keys that begin with it.")
    var prefix: String?

    @Flag(help: "Print the array on one line.")
    var json = false

    func run() async throws {
        try await namespace.withNamespace { kv in
            // A page at a time: a namespace may have more keys than fit into memory.
            var cursor: String?
            var separator = json ? "[" : "[\n  "
            repeat {
                let page = try await kv.list(prefix: prefix, cursor: cursor)
                for key in page.keys {
                    let row = KVRow(
                        name: key.name, value: nil, expiration: key.expiration,
                        metadataJSON: key.metadataJSON)
                    Terminal.say(Array((separator + (try JSONText.encode(row))).utf8))
                    separator = json ? "," : ",\n  "
                }
                cursor = page.cursor
            } while cursor != nil
            let isEmpty = separator.hasPrefix("[")
            Terminal.say(isEmpty ? "[]" : json ? "]" : "\n]")
        }
    }
}

/// A key, and perhaps its value, as JSON.
struct KVRow: Encodable {
    let name: String
    let value: String?
    let expiration: Int?
    let metadata: JSONText.Value?

    init(name: String, value: String?, expiration: Int?, metadataJSON: String?) {
        self.name = name
        self.value = value
        self.expiration = expiration
        metadata = metadataJSON.flatMap(JSONText.Value.init)
    }
}
