/// What Cairn reads of a `wrangler.toml`: the names of the worker, its bindings, and where to listen.
///
/// Keys that Cairn does not know, or knows and does not act on, give a warning each; wrong ones an
/// error. Messages follow wrangler's where wrangler has one.
package struct WranglerConfiguration: Sendable, Hashable {
    /// One of `kv_namespaces`.
    package struct KVBinding: Sendable, Hashable {
        /// What the worker calls it.
        package var binding: String
        /// What the data is kept under; the binding's name when no id is given.
        package var id: String
    }

    /// One of `durable_objects.bindings`.
    package struct ObjectBinding: Sendable, Hashable {
        /// What the worker calls it.
        package var name: String
        /// The Swift type's name.
        package var className: String
    }

    /// Where it was read, for messages.
    package var path: String
    /// The worker's name; "worker" when none is given.
    package var name = "worker"
    package var kvNamespaces: [KVBinding] = []
    package var durableObjects: [ObjectBinding] = []
    /// `dev.ip`.
    package var ip: String?
    /// `dev.port`.
    package var port: Int?
    /// What was read and has no effect.
    package var warnings: [String] = []

    package init(path: String) { self.path = path }

    /// An error that names the file, what it has, and what to write into it.
    func error(_ problem: String, known: [String], remedy: String) -> ConfigurationError {
        let has = known.isEmpty ? "" : " (it binds \(known.joined(separator: ", ")))"
        let lines = remedy.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        return ConfigurationError("\(path): \(problem)\(has); it should say\n\(lines)")
    }
}
