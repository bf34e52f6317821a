public import CairnKV
public import CairnObjects
import CairnPlatform
import CairnStore

/// The things that the configuration gives names to.
///
/// A worker's environment asks for them by name and type; what does not fit the configuration is
/// refused before the first request is taken.
public struct Bindings: Sendable {
    private let host: BindingHost
    /// What the KV writes of this environment wait for.
    private let gate: OutboundGate

    init(host: BindingHost, gate: OutboundGate = .open) {
        self.host = host
        self.gate = gate
    }

    /// The KV namespace bound as `name` in `kv_namespaces`.
    /// - Throws: `ConfigurationError` when there is no such binding.
    public func kvNamespace(_ name: String) throws -> KVNamespace {
        try host.kvNamespace(name).bound(to: gate)
    }

    /// The objects bound as `name` in `durable_objects.bindings`, whose `class_name` is the name of
    /// `Object`.
    /// - Throws: `ConfigurationError` when there is no such binding, or it names another class.
    public func durableObjects<Object: DurableObject>(
        _ name: String, _ type: Object.Type
    ) throws -> DurableObjectNamespace<Object> where Object.Env: WorkerEnvironment {
        try host.durableObjects(name, type)
    }
}

/// Makes each binding once and remembers it: environments are made for every object instance.
final class BindingHost: Sendable {
    private struct State {
        var namespaces: [String: KVNamespace] = [:]
        var objects: [String: any Sendable] = [:]
    }

    private let configuration: WranglerConfiguration
    private let store: Store
    private let runtime: ObjectRuntime
    private let state = Locked(State())

    init(configuration: WranglerConfiguration, store: Store, runtime: ObjectRuntime) {
        self.configuration = configuration
        self.store = store
        self.runtime = runtime
    }

    /// Bindings of the configuration that no environment has asked for.
    var unused: [String] {
        let asked = state.withLock { Set($0.namespaces.keys).union($0.objects.keys) }
        return
            (configuration.kvNamespaces.map(\.binding) + configuration.durableObjects.map(\.name))
            .filter { !asked.contains($0) }
    }

    func kvNamespace(_ name: String) throws -> KVNamespace {
        if let known = state.withLock({ $0.namespaces[name] }) { return known }
        guard let binding = configuration.kvNamespaces.first(where: { $0.binding == name }) else {
            throw configuration.error(
                "the worker asks for the KV namespace \"\(name)\", which is not bound",
                known: configuration.kvNamespaces.map(\.binding),
                remedy: "[[kv_namespaces]]\nbinding = \"\(name)\"\nid = \"…\"")
        }
        let namespace = try KVNamespace(id: binding.id, store: store)
        state.withLock { $0.namespaces[name] = namespace }
        return namespace
    }

    func durableObjects<Object: DurableObject>(
        _ name: String, _ type: Object.Type
    ) throws -> DurableObjectNamespace<Object> where Object.Env: WorkerEnvironment {
        if let known = state.withLock({ $0.objects[name] }) as? DurableObjectNamespace<Object> {
            return known
        }
        let className = String(describing: type)
        guard let binding = configuration.durableObjects.first(where: { $0.name == name }) else {
            throw configuration.error(
                "the worker asks for the Durable Objects \"\(name)\", which are not bound",
                known: configuration.durableObjects.map(\.name),
                remedy: "[[durable_objects.bindings]]\nname = \"\(name)\"\n"
                    + "class_name = \"\(className)\"")
        }
        guard binding.className == className else {
            throw configuration.error(
                "the Durable Object binding \"\(name)\" has the class_name "
                    + "\"\(binding.className)\", the worker binds it to the class \"\(className)\"",
                known: [], remedy: "class_name = \"\(className)\"")
        }
        let uniqueKey = try runtime.uniqueKey(worker: configuration.name, className: className)
        let namespace = try runtime.namespace(uniqueKey: uniqueKey, of: type) {
            [weak self] gate throws in
            guard let self else { throw ConfigurationError("the server has stopped") }
            return try Object.Env(bindings: Bindings(host: self, gate: gate))
        }
        state.withLock { $0.objects[name] = namespace }
        return namespace
    }
}
