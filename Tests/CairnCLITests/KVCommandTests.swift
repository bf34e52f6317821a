import CairnPlatform
import CairnTestSupport
import Foundation
import Testing

@Suite("cairn kv key") struct KVCommandTests {
    private struct Outcome {
        let ending: ChildProcess.Ending
        let text: String
        let errorText: String
        let bytes: [UInt8]
    }

    private func run(_ arguments: String...) async throws -> Outcome {
        let process = try ChildProcess("cairn", ["kv", "key"] + arguments)
        let ending = try await onThread { process.wait() }
        return Outcome(
            ending: ending, text: process.text, errorText: process.errorText,
            bytes: process.bytes)
    }

    @Test func `kv-cli-01, kv-cli-04: put and get, each directory its own store`() async throws {
        let (a, b) = (try TemporaryDirectory("kv-a"), try TemporaryDirectory("kv-b"))
        for (directory, value) in [(a, "one"), (b, "two")] {
            let put = try await run(
                "put", "k", value, "--namespace-id", "n", "--persist-to", directory.path)
            #expect(put.ending == .exit(0))
            #expect(put.text == "Wrote 3 bytes to key \"k\"\n")
        }
        for (directory, value) in [(a, "one"), (b, "two")] {
            let get = try await run(
                "get", "k", "--namespace-id", "n", "--persist-to", directory.path)
            #expect(get.text == value)
        }
        let missing = try await run(
            "get", "val", "--text", "--namespace-id", "n", "--persist-to", a.path)
        #expect(missing.text == "Value not found\n")
        #expect(missing.ending == .exit(0))
        let gone = try await run("delete", "k", "--namespace-id", "n", "--persist-to", a.path)
        #expect(gone.text == "Deleted key \"k\"\n")
        let after = try await run(
            "get", "k", "--json", "--namespace-id", "n", "--persist-to", a.path)
        #expect(after.text == "null\n")
    }

    @Test func `kv-cli-03: list as JSON, with a prefix`() async throws {
        let directory = try TemporaryDirectory("kv")
        for key in ["b", "a/c", "a", "a/b"] {
            _ = try await run(
                "put", key, "v", "--namespace-id", "n", "--persist-to", directory.path)
        }
        for (prefix, expected) in [
            (nil, ["a", "a/b", "a/c", "b"]), ("a", ["a", "a/b", "a/c"]), ("a/b", ["a/b"]),
            ("abc", []),
        ] as [(String?, [String])] {
            for json in [[], ["--json"]] {
                let arguments = ["list", "--namespace-id", "n", "--persist-to", directory.path]
                let process = try ChildProcess(
                    "cairn",
                    ["kv", "key"] + arguments + (prefix.map { ["--prefix", $0] } ?? []) + json)
                _ = try await onThread { process.wait() }
                let rows = try JSONDecoder().decode(
                    [[String: String]].self, from: Data(process.text.utf8))
                #expect(rows.compactMap { $0["name"] } == expected)
                if !json.isEmpty { #expect(process.text.filter { $0 == "\n" }.count == 1) }
            }
        }
    }

    @Test func `kv-cli-06: binary values from and to files, metadata and expiry`() async throws {
        let directory = try TemporaryDirectory("kv")
        let (data, file) = (directory.path + "/data", directory.path + "/value")
        try Data([0xFF, 65]).write(to: URL(fileURLWithPath: file))
        let put = try await run(
            "put", "k", "--path", file, "--ttl", "3600", "--metadata", "{\"a\":[1,null]}",
            "--namespace-id", "n", "--persist-to", data, "--json")
        #expect(put.text == "{\"bytes\":2,\"key\":\"k\"}\n")
        let text = try await run(
            "get", "k", "--text", "--namespace-id", "n", "--persist-to", data)
        #expect(text.text == "\u{FFFD}A\n")
        let json = try await run(
            "get", "k", "--json", "--namespace-id", "n", "--persist-to", data)
        #expect(json.text.contains("\"metadata\":{\"a\":[1,null]}"))
        #expect(json.text.contains("\"expiration\":"))
        // Without --text the bytes come as they are.
        let raw = try await run("get", "k", "--namespace-id", "n", "--persist-to", data)
        #expect(raw.bytes == [0xFF, 65])
    }

    @Test func `a binding is looked up in the configuration`() async throws {
        let directory = try TemporaryDirectory("kv")
        let (data, config) = (directory.path + "/data", directory.path + "/wrangler.toml")
        try Data("kv_namespaces = [{ binding = \"KV\", id = \"n\" }]".utf8)
            .write(to: URL(fileURLWithPath: config))
        let put = try await run(
            "put", "k", "v", "--binding", "KV", "--config", config, "--persist-to", data)
        #expect(put.ending == .exit(0))
        let get = try await run("get", "k", "--namespace-id", "n", "--persist-to", data)
        #expect(get.text == "v")
        let unknown = try await run(
            "get", "k", "--binding", "OTHER", "--config", config, "--persist-to", data)
        #expect(unknown.ending == .exit(65))
        #expect(unknown.errorText.contains("binding \"OTHER\" was not found; it binds KV"))
    }

    @Test func `kv-cli-08, kv-cli-09: options that contradict each other`() async throws {
        for arguments in [
            ["get", "k"], ["get", "k", "--binding", "A", "--namespace-id", "b"],
            ["put", "k", "--namespace-id", "n"],
            ["put", "k", "v", "--path", "p", "--namespace-id", "n"],
        ] {
            let process = try ChildProcess("cairn", ["kv", "key"] + arguments)
            let ending = try await onThread { process.wait() }
            #expect(ending == .exit(64))
            #expect(process.errorText.contains("Exactly one of the arguments"))
        }
    }

    @Test func `what is refused changes nothing and says why`() async throws {
        let directory = try TemporaryDirectory("kv")
        let data = directory.path + "/data"
        let none = try await run("get", "k", "--namespace-id", "n", "--persist-to", data)
        #expect(none.ending == .exit(3))
        #expect(!FileManager.default.fileExists(atPath: data))
        _ = try await run("put", "k", "v", "--namespace-id", "n", "--persist-to", data)
        for (arguments, text) in [
            (["put", "", "v"], "Key name cannot be empty."),
            (["put", "k", "new", "--ttl", "5"], "Expiration TTL must be at least 60"),
            (["put", "k", "new", "--metadata", "{"], "this is not JSON"),
            (["put", "k", "--path", "/does/not/exist"], "/does/not/exist: cannot be read"),
        ] {
            let process = try ChildProcess(
                "cairn",
                ["kv", "key"] + arguments + ["--namespace-id", "n", "--persist-to", data])
            let ending = try await onThread { process.wait() }
            #expect(ending == .exit(65), "\(arguments)")
            #expect(process.errorText.contains(text), "\(process.errorText)")
        }
        let kept = try await run("get", "k", "--namespace-id", "n", "--persist-to", data)
        #expect(kept.text == "v")
    }
}
