import ArgumentParser
import CairnKV
import CairnServer

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `cairn kv key put`: writes a key and returns once that is durable.
struct KVPutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Writes a key.",
        discussion: "Returns once the value is durable. Makes the store if there is none.")

    @OptionGroup var namespace: NamespaceOptions

    @Argument(help: "The key.")
    var key: String

    @Argument(help: "The value, as text.")
    var value: String?

    @Option(help: "A file whose bytes are the value.")
    var path: String?

    @Option(help: "Seconds for which the key stays; at least 60.")
    var ttl: Int?

    @Option(help: "Seconds since 1970 from which the key is gone.")
    var expiration: Int?

    @Option(help: "JSON that is kept with the key, at most 1024 bytes.")
    var metadata: String?

    @Flag(help: "Print one line of JSON.")
    var json = false

    private struct Written: Encodable {
        let key: String
        let bytes: Int
    }

    func validate() throws {
        guard (value == nil) != (path == nil) else {
            throw ValidationError("Exactly one of the arguments value and --path must be given")
        }
    }

    func run() async throws {
        try await namespace.withNamespace(creates: true) { kv in
            let bytes = try bytes()
            try await kv.put(
                key, bytes, expiration: expiration, expirationTTL: ttl,
                metadataJSON: try metadataBytes())
            if json {
                try JSONText.print(Written(key: key, bytes: bytes.count))
            } else {
                Terminal.say("Wrote \(bytes.count) bytes to key \"\(key)\"")
            }
        }
    }

    private func bytes() throws -> [UInt8] {
        guard let path else { return Array((value ?? "").utf8) }
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw ConfigurationError(
                "\(path): cannot be read; name a file that is there and readable")
        }
    }

    private func metadataBytes() throws -> [UInt8] {
        guard let metadata else { return [] }
        guard JSONText.Value(metadata) != nil else {
            throw ConfigurationError("--metadata: this is not JSON: \(metadata)")
        }
        return Array(metadata.utf8)
    }
}
