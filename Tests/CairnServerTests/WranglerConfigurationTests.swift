import CairnServer
import CairnTestSupport
import Foundation
import Testing

@Suite("wrangler.toml") struct WranglerConfigurationTests {
    private func parse(_ text: String) throws -> WranglerConfiguration {
        try WranglerConfiguration.parse(text, path: "wrangler.toml")
    }

    private func complaint(_ text: String) -> String {
        do {
            _ = try parse(text)
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test func `a real one, with tables in both spellings`() throws {
        let inline = try parse(
            """
            name = "rooms"
            main = "src/index.ts"
            compatibility_date = "2026-01-01"
            kv_namespaces = [{ binding = "KV", id = "abc" }, { binding = "OTHER" }]
            [durable_objects]
            bindings = [{ name = "ROOMS", class_name = "Room" }]
            [dev]
            ip = "0.0.0.0"
            port = 9000
            """)
        let tables = try parse(
            """
            name = "rooms"
            [[kv_namespaces]]
            binding = "KV"
            id = "abc"
            [[kv_namespaces]]
            binding = "OTHER"
            [[durable_objects.bindings]]
            name = "ROOMS"
            class_name = "Room"
            [dev]
            ip = "0.0.0.0"
            port = 9000
            """)
        #expect(inline == tables)
        #expect(inline.name == "rooms")
        #expect(inline.kvNamespaces.map(\.id) == ["abc", "OTHER"])
        #expect(inline.durableObjects.map(\.name) == ["ROOMS"])
        #expect(inline.durableObjects.map(\.className) == ["Room"])
        #expect(inline.ip == "0.0.0.0")
        #expect(inline.port == 9000)
        #expect(inline.warnings.isEmpty)
    }

    @Test func `an empty one is a worker without bindings`() throws {
        #expect(try parse("") == WranglerConfiguration(path: "wrangler.toml"))
    }

    @Test func `keys without effect are warned of`() throws {
        let configuration = try parse(
            """
            usage_model = "bundled"
            kv_namespaces = [{ binding = "KV", id = "a", shiny = true }]
            [vars]
            A = "b"
            [dev]
            inspector_port = 9
            """)
        #expect(
            configuration.warnings == [
                "\"dev.inspector_port\" has no effect here",
                "\"kv_namespaces[0].shiny\" has no effect here",
                "\"usage_model\" has no effect here", "\"vars\" has no effect here",
            ])
    }

    @Test(arguments: [
        ("name = 5", #"wrangler.toml: "name" should be a string but got 5; it names the worker"#),
        ("kv_namespaces = 7", #"wrangler.toml: "kv_namespaces" should be an array but got 7"#),
        (
            "kv_namespaces = [{ id = \"a\" }]",
            #""kv_namespaces[0]" bindings should have a string "binding" field but got"#
        ),
        (
            "kv_namespaces = [{ binding = \"KV\", id = 5 }]",
            #""kv_namespaces[0]" bindings should have a string "id" field but got"#
        ),
        ("kv_namespaces = [5]", #"should have a string "binding" field but got nothing"#),
        ("durable_objects = 1", #""durable_objects" should be a table with "bindings""#),
        (
            "durable_objects.bindings = [{ class_name = \"Room\" }]",
            #"binding should have a string "name" field"#
        ),
        (
            "durable_objects.bindings = [{ name = \"R\", class_name = [] }]",
            #"binding should have a string "class_name" field"#
        ),
        (
            "durable_objects.bindings = [{ name = \"R\", class_name = \"C\", script_name = \"s\" }]",
            "one process runs one worker"
        ),
        ("dev = true", #""dev" should be a table but got true"#),
        ("[dev]\nport = 70000", "from 0 to 65535 but got 70000"),
        ("[dev]\nport = \"x\"", "from 0 to 65535"),
        ("[dev]\nip = 1", #""dev.ip" should be a string but got 1"#),
    ])
    func `wrong types are refused`(text: String, expected: String) {
        let complaint = complaint(text)
        #expect(complaint.contains(expected), "\(complaint)")
    }

    @Test func `a name bound twice is refused, across kinds too, and all is said at once`() {
        let complaint = complaint(
            """
            name = false
            kv_namespaces = [{ binding = "A" }, { binding = "A" }]
            durable_objects.bindings = [{ name = "A", class_name = "C" }]
            """)
        #expect(complaint.split(separator: "\n").count == 3)
        #expect(
            complaint.split(separator: "\n").filter {
                $0.contains("\"A\" is assigned to several bindings")
            }.count == 2)
    }

    @Test func `what is not TOML is refused with its place`() {
        let complaint = complaint("name = \"a\"\nkv_namespaces = [\n")
        #expect(complaint.hasPrefix("wrangler.toml:"))
        #expect(complaint.contains("this is not TOML"))
        #expect(Int(complaint.split(separator: ":")[1]) != nil, "\(complaint)")
    }

    @Test func `a file that is missing, a directory or not text is refused`() throws {
        let directory = try TemporaryDirectory("wrangler")
        let path = directory.path + "/wrangler.toml"
        func complaint() -> String {
            do {
                _ = try WranglerConfiguration.read(path)
                return "none"
            } catch {
                return error.description
            }
        }
        #expect(complaint().contains("there is no such file"))
        #expect(complaint().contains("--config"))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(complaint().contains("this is a directory"))
        try FileManager.default.removeItem(atPath: path)
        try Data([0xFF, 0xFE, 0xFF]).write(to: URL(fileURLWithPath: path))
        #expect(complaint().contains("UTF-8"))
        try Data("name = 'a'".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        // The superuser may read everything.
        if !FileManager.default.isReadableFile(atPath: path) {
            #expect(complaint().contains("permission denied"))
        }
    }
}
