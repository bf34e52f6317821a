import TOMLKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads a `wrangler.toml`, collecting everything that is wrong with it before it complains.
struct WranglerReader {
    private var configuration: WranglerConfiguration
    private var problems: [String] = []
    private var names: Set<String> = []

    /// Reads the file at `path`.
    /// - Throws: `ConfigurationError` when it is missing, unreadable, not TOML or wrong.
    static func read(_ path: String) throws(ConfigurationError) -> WranglerConfiguration {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ConfigurationError(reason(path, error))
        }
        return try parse(text, path: path)
    }

    private static func reason(_ path: String, _ error: any Error) -> String {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            return "\(path): there is no such file; name the worker's configuration with --config, "
                + "or start in the directory that has it"
        }
        if isDirectory { return "\(path): this is a directory; name the file inside it" }
        guard FileManager.default.isReadableFile(atPath: path) else {
            return "\(path): permission denied; make the file readable for this user"
        }
        return "\(path): cannot be read as UTF-8 text; \(error)"
    }

    /// Reads `text`.
    static func parse(
        _ text: String, path: String
    ) throws(ConfigurationError) -> WranglerConfiguration {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let place = error.source.begin
            throw ConfigurationError(
                "\(path):\(place.line):\(place.column): this is not TOML: \(error.description)")
        } catch {
            throw ConfigurationError("\(path): this is not TOML: \(error)")
        }
        var reader = WranglerReader(configuration: WranglerConfiguration(path: path))
        // What lies inside a table points into it.
        withExtendedLifetime(table) { reader.readAll(table) }
        guard reader.problems.isEmpty else {
            throw ConfigurationError(
                reader.problems.map { "\(path): \($0)" }.joined(separator: "\n"))
        }
        return reader.configuration
    }

    private init(configuration: WranglerConfiguration) { self.configuration = configuration }

    /// Keys that mean something at Cloudflare alone: no harm, nothing to say.
    private static let silent: Set = [
        "main", "compatibility_date", "compatibility_flags", "account_id", "workers_dev",
        "send_metrics", "$schema",
    ]

    private mutating func readAll(_ table: TOMLTable) {
        for key in table.keys.sorted() {
            switch key {
            case "name": readName(table[key])
            case "kv_namespaces":
                for (index, item) in tables(table[key], key).enumerated() {
                    readNamespace(item, "kv_namespaces[\(index)]")
                }
            case "durable_objects": readObjects(table[key])
            case "dev": readDev(table[key])
            case let key where Self.silent.contains(key): break
            default:
                configuration.warnings.append("\"\(key)\" has no effect here")
            }
        }
    }

    private mutating func readName(_ value: (any TOMLValueConvertible)?) {
        guard let name = value?.string, !name.isEmpty else {
            problems.append(
                "\"name\" should be a string but got \(Self.show(value)); it names the worker")
            return
        }
        configuration.name = name
    }

    private mutating func readNamespace(_ table: TOMLTable?, _ place: String) {
        guard let table, let binding = table["binding"]?.string, !binding.isEmpty else {
            problems.append(
                "\"\(place)\" bindings should have a string \"binding\" field but got "
                    + Self.show(table))
            return
        }
        var id = binding
        if let value = table["id"] {
            guard let text = value.string, !text.isEmpty else {
                problems.append(
                    "\"\(place)\" bindings should have a string \"id\" field but got "
                        + Self.show(table))
                return
            }
            id = text
        }
        warn(table, place, known: ["binding", "id", "preview_id", "remote"])
        guard isNew(binding) else { return }
        configuration.kvNamespaces.append(.init(binding: binding, id: id))
    }

    private mutating func readObjects(_ value: (any TOMLValueConvertible)?) {
        guard let table = value?.table else {
            problems.append(
                "\"durable_objects\" should be a table with \"bindings\" but got "
                    + Self.show(value))
            return
        }
        for key in table.keys where key != "bindings" {
            configuration.warnings.append("\"durable_objects.\(key)\" has no effect here")
        }
        for (index, item) in tables(table["bindings"], "durable_objects.bindings").enumerated() {
            readObject(item, "durable_objects.bindings[\(index)]")
        }
    }

    private mutating func readObject(_ table: TOMLTable?, _ place: String) {
        guard let table, let name = table["name"]?.string, !name.isEmpty else {
            problems.append(
                "\"\(place)\": binding should have a string \"name\" field but got "
                    + Self.show(table))
            return
        }
        guard let className = table["class_name"]?.string, !className.isEmpty else {
            problems.append(
                "\"\(place)\": binding should have a string \"class_name\" field but got "
                    + Self.show(table))
            return
        }
        guard table["script_name"] == nil else {
            problems.append(
                "\"\(place)\": \"script_name\" names another worker; one process runs one worker, "
                    + "so the class must be in this one")
            return
        }
        warn(table, place, known: ["name", "class_name"])
        guard isNew(name) else { return }
        configuration.durableObjects.append(.init(name: name, className: className))
    }

    private mutating func readDev(_ value: (any TOMLValueConvertible)?) {
        guard let table = value?.table else {
            problems.append("\"dev\" should be a table but got \(Self.show(value))")
            return
        }
        for key in table.keys.sorted() {
            switch key {
            case "ip":
                configuration.ip = table[key]?.string
                if configuration.ip == nil {
                    problems.append(
                        "\"dev.ip\" should be a string but got \(Self.show(table[key]))")
                }
            case "port":
                configuration.port = table[key]?.int
                if !(0...65535).contains(configuration.port ?? -1) {
                    problems.append(
                        "\"dev.port\" should be a number from 0 to 65535 but got "
                            + Self.show(table[key]))
                }
            default: configuration.warnings.append("\"dev.\(key)\" has no effect here")
            }
        }
    }

    /// Binding names are unique across all kinds.
    private mutating func isNew(_ name: String) -> Bool {
        guard names.insert(name).inserted else {
            problems.append(
                "\"\(name)\" is assigned to several bindings; each binding needs a name of its own")
            return false
        }
        return true
    }

    /// The tables of an array; `nil` for an item that is none.
    private mutating func tables(
        _ value: (any TOMLValueConvertible)?, _ place: String
    ) -> [TOMLTable?] {
        guard let value else { return [] }
        guard let array = value.array else {
            problems.append("\"\(place)\" should be an array but got \(Self.show(value))")
            return []
        }
        return array.map { $0.table }
    }

    private mutating func warn(_ table: TOMLTable, _ place: String, known: Set<String>) {
        for key in table.keys.sorted() where !known.contains(key) {
            configuration.warnings.append("\"\(place).\(key)\" has no effect here")
        }
    }

    /// A value as TOML, on one line.
    private static func show(_ value: (any TOMLValueConvertible)?) -> String {
        guard let value else { return "nothing" }
        return value.debugDescription.split(whereSeparator: \.isNewline).joined(separator: ", ")
    }
}

extension WranglerConfiguration {
    /// Reads the file at `path`.
    package static func read(_ path: String) throws(ConfigurationError) -> WranglerConfiguration {
        try WranglerReader.read(path)
    }

    /// Reads `text` as if it lay at `path`.
    package static func parse(
        _ text: String, path: String
    ) throws(ConfigurationError) -> WranglerConfiguration {
        try WranglerReader.parse(text, path: path)
    }
}
