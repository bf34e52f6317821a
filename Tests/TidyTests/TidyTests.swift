import Foundation
import Testing

/// The house rules that a machine can check: Docs/ARCHITECTURE.md, "House rules".
@Suite("Tidy") struct TidyTests {
    /// What each target may import of this package. Edges point one way: down.
    private static let layers: [String: Set<String>] = [
        "CPlatform": [],
        "CZlib": [],
        "CairnPlatform": ["CPlatform"],
        "CairnFiles": ["CPlatform", "CairnPlatform"],
        "CairnStore": ["CZlib", "CairnFiles", "CairnPlatform"],
        "CairnKV": ["CairnPlatform", "CairnStore"],
        "CairnHTTP": ["CairnPlatform"],
        "CairnObjects": ["CairnHTTP", "CairnPlatform", "CairnStore"],
        "CairnSimulation": ["CairnFiles", "CairnObjects", "CairnPlatform", "CairnStore"],
        "CairnServer": ["CairnHTTP", "CairnKV", "CairnObjects", "CairnPlatform", "CairnStore"],
        "Cairn": ["CairnHTTP", "CairnKV", "CairnObjects", "CairnServer"],
        "CairnCLI": ["CairnKV", "CairnServer", "CairnStore"],
        "Examples": ["Cairn"],
    ]

    /// Targets that must do without Foundation: whoever embeds the store links nothing else.
    private static let withoutFoundation: Set = [
        "CairnPlatform", "CairnFiles", "CairnStore", "CairnSimulation",
    ]

    /// Files that may say `unsafe`, each with its argument in its header.
    private static let unsafeFiles: Set = [
        "CairnPlatform/ByteOrder.swift", "CairnPlatform/CRC32C.swift",
        "CairnPlatform/Clock/MonotonicClock.swift", "CairnPlatform/Clock/WallClock.swift",
        "CairnPlatform/Locks/DedicatedThread.swift",
        "CairnPlatform/Locks/Locked.swift", "CairnPlatform/ThreadTurn.swift",
        "CairnFiles/File.swift", "CairnFiles/FileError.swift", "CairnFiles/PosixFileSystem.swift",
        "CairnPlatform/KeyedHash.swift", "CairnStore/Compression/Deflate.swift",
        "CairnStore/Format/KeyMemory.swift",
        "CairnStore/Index/Fingerprint.swift", "CairnStore/Index/IndexShard.swift",
        "CairnStore/Index/IndexStripe.swift", "CairnStore/Index/IndexTable.swift",
        "CairnStore/Index/SlotBytes.swift",
        "CairnObjects/DurableObject.swift",
        "CairnObjects/Runtime/ObjectCore.swift",
        "CairnObjects/Runtime/TurnExecutor.swift", "CairnServer/Process/Terminal.swift",
        "CairnSimulation/Disk/SimulatedFileSystem+Calls.swift",
        "CairnSimulation/Scheduler/SimulatedScheduler.swift",
    ]

    /// Types whose thread safety the compiler takes on trust; Docs/ARCHITECTURE.md has the arguments.
    private static let uncheckedFiles: Set = [
        "CairnPlatform/Locks/Locked.swift", "CairnStore/Compression/Deflate.swift",
        "CairnPlatform/PlantedBug.swift", "CairnStore/Index/IndexTable.swift",
    ]

    private struct Source {
        /// Relative to `Sources`.
        let path: String
        let lines: [Substring]

        var target: String { String(path.prefix { $0 != "/" }) }

        /// The lines without comments.
        var code: [Substring] {
            lines.filter { !$0.drop(while: { $0 == " " }).hasPrefix("//") }
        }

        var imports: [String] {
            code.compactMap { line in
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 1,
                    index + 1 < words.count
                else { return nil }
                return String(words[index + 1])
            }
        }
    }

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func sources(_ folder: String) throws -> [Source] {
        let base = root.appendingPathComponent(folder)
        let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
        return try (names ?? []).filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
            return Source(
                path: name, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    @Test func `imports point down`() throws {
        let sources = try Self.sources("Sources")
        #expect(sources.count > 30)
        for source in sources {
            let allowed = try #require(
                Self.layers[source.target], "\(source.path): a target the table does not know")
            for name in source.imports where Self.layers[name] != nil {
                #expect(allowed.contains(name), "\(source.path) imports \(name)")
            }
        }
    }

    @Test func `the engine does without Foundation, and one file imports Dispatch`() throws {
        let sources = try Self.sources("Sources")
        for source in sources where Self.withoutFoundation.contains(source.target) {
            #expect(!source.imports.contains { $0.hasPrefix("Foundation") }, "\(source.path)")
        }
        #expect(sources.filter { $0.imports.contains("Dispatch") }.count <= 1)
        for source in sources where source.target != "CairnServer" {
            #expect(!source.imports.contains { $0.hasPrefix("NIO") }, "\(source.path)")
        }
    }

    @Test func `files stay short`() throws {
        for folder in ["Sources", "Tests"] {
            for source in try Self.sources(folder) {
                #expect(source.lines.count <= 600, "\(folder)/\(source.path)")
            }
        }
    }

    @Test func `unsafe code and unchecked promises stay where they are listed`() throws {
        for source in try Self.sources("Sources") {
            if source.code.contains(where: { $0.contains("unsafe ") }) {
                #expect(Self.unsafeFiles.contains(source.path), "\(source.path) says unsafe")
            }
            if source.code.contains(where: { $0.contains("@unchecked Sendable") }) {
                #expect(Self.uncheckedFiles.contains(source.path), "\(source.path)")
            }
        }
    }

    @Test func `nothing ends the user's process over what the outside world did`() throws {
        for source in try Self.sources("Sources") {
            for word in ["try!", "fatalError(", "preconditionFailure("] {
                #expect(!source.code.contains { $0.contains(word) }, "\(source.path): \(word)")
            }
        }
    }

    @Test func `time and randomness come through seams`() throws {
        let seams: Set = [
            "CairnPlatform/Clock/MonotonicClock.swift", "CairnPlatform/Clock/WallClock.swift",
            "CairnPlatform/Random/RandomSource.swift",
            "CairnPlatform/Locks/Locked.swift", "CairnObjects/Runtime/ObjectComponents.swift",
        ]
        let words = [
            "Date()", "SystemRandomNumberGenerator()", "Task.sleep", "clock_gettime",
            "ContinuousClock.now",
        ]
        for source in try Self.sources("Sources")
        where !seams.contains(source.path) && source.target != "CairnServer" {
            for word in words {
                #expect(!source.code.contains { $0.contains(word) }, "\(source.path): \(word)")
            }
        }
    }

    @Test func `the README's worker is the one that the tests start`() throws {
        let readme = try String(
            contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let seed = try String(
            contentsOf: Self.root.appendingPathComponent("Tests/Seed/Seed.swift"), encoding: .utf8)
        #expect(readme.contains("```swift\n" + seed + "```"))
    }

    @Test func `the crash test in the documents is one that runs`() throws {
        let text = try String(
            contentsOf: Self.root.appendingPathComponent("Docs/Testing.md"), encoding: .utf8)
        let example = try String(
            contentsOf: Self.root.appendingPathComponent(
                "Tests/CairnSimulationTests/CrashTestExample.swift"), encoding: .utf8)
        let code = example.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("///") }.joined(separator: "\n")
        #expect(text.contains("```swift\n" + code + "```"))
    }

    @Test func `the example is as long as the README says, and under 150 lines`() throws {
        let path = "Sources/Examples/RoomBroadcast/RoomBroadcast.swift"
        let text = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
        let count = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        #expect(count < 150)
        let readme = try String(
            contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        #expect(readme.contains("[\(count) lines](\(path))"))
    }

    /// Goal: Docs/FailureModel.md and the tests say the same. A row that names tests is tested by
    /// exactly these names, and every test that bears a row's id is in the row.
    @Test func `the failure model's rows and the tests that bear their ids agree`() throws {
        let tests = try Self.sources("Tests").flatMap { source in
            source.lines.joined(separator: "\n").matches(of: /func `([^`]+)`/).map { String($0.1) }
        }
        let kernel = try Self.sources("Tests/Instruments/Kernel").flatMap(\.lines)
            .joined(separator: "\n")
        let text = try String(
            contentsOf: Self.root.appendingPathComponent("Docs/FailureModel.md"), encoding: .utf8)
        var rows: [String] = []
        var named: Set<String> = []
        for line in text.split(separator: "\n") where line.hasPrefix("| FM") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(cells.count == 6, "\(line)")
            let (id, shown, scenario) = (cells[0], cells[4], cells[5])
            rows.append(id)
            let names = shown.matches(of: /`([^`]+)`/).map { String($0.1) }
            #expect(names.isEmpty == (shown == "not yet"), "\(id)")
            for name in names {
                #expect(name.hasPrefix("FM") && name.contains(id), "\(id): `\(name)`")
                #expect(tests.contains(name), "\(id): there is no test `\(name)`")
            }
            named.formUnion(names)
            #expect(scenario == "–" || scenario == id)
            // The instrument needs a kernel that mounts; a checkout without it has no scenarios.
            if scenario == id && !kernel.isEmpty { #expect(kernel.contains(id), "kernel: \(id)") }
        }
        #expect(rows == (1...34).map { $0 < 10 ? "FM0\($0)" : "FM\($0)" })
        for test in tests where test.hasPrefix("FM") {
            #expect(named.contains(test), "Docs/FailureModel.md does not name `\(test)`")
        }
    }

    @Test func `what the documents link to is there`() throws {
        var links = 0
        let documents = FileManager.default.enumerator(atPath: Self.root.path + "/Docs")?
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.map { "Docs/" + $0 }
        for document in (documents ?? []) + ["README.md", "CONTRIBUTING.md"] {
            let file = Self.root.appendingPathComponent(document)
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /\]\(([^)#:]+)\)/) {
                links += 1
                let target = file.deletingLastPathComponent()
                    .appendingPathComponent(String(match.1))
                #expect(
                    FileManager.default.fileExists(atPath: target.path),
                    "\(document) links to \(match.1)")
            }
        }
        #expect(links > 8)
    }
}
