import ArgumentParser
import CairnKV
import CairnServer
import CairnStore

/// Which namespace, in which store.
struct NamespaceOptions: ParsableArguments {
    @Option(help: "The namespace's binding in the configuration.")
    var binding: String?

    @Option(name: .customLong("namespace-id"), help: "The namespace's id.")
    var namespaceID: String?

    @Option(name: [.short, .long], help: "The worker's configuration, for --binding.")
    var config = "wrangler.toml"

    @Option(name: .customLong("persist-to"), help: "The directory that holds the data.")
    var persistTo = ".cairn"

    func validate() throws {
        guard (binding == nil) != (namespaceID == nil) else {
            throw ValidationError(
                "Exactly one of the arguments --binding and --namespace-id must be given")
        }
    }

    /// Opens the store, runs `body` on the namespace and closes the store again.
    /// - Parameter creates: whether a store may be made where there is none.
    func withNamespace(
        creates: Bool = false, _ body: (KVNamespace) async throws -> Void
    ) async throws {
        try await ExitStatus.reporting {
            let id = try resolveID()
            if !creates { try StoreDumper.requireStore(at: persistTo) }
            let store = try OpeningReport.open(persistTo)
            do {
                try await body(try KVNamespace(id: id, store: store))
            } catch {
                try? store.close()
                throw error
            }
            try store.close()
        }
    }

    private func resolveID() throws -> String {
        if let namespaceID { return namespaceID }
        let configuration = try WranglerConfiguration.read(config)
        let known = configuration.kvNamespaces
        guard let found = known.first(where: { $0.binding == binding }) else {
            let names = known.map(\.binding).joined(separator: ", ")
            throw ConfigurationError(
                "\(config): a namespace with the binding \"\(binding ?? "")\" was not found; it binds "
                    + (names.isEmpty ? "none" : names))
        }
        return found.id
    }
}
