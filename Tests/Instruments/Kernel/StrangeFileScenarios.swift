import CairnFiles
import CairnStore
import CairnTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// FM29: something that is not a file under the name of one of ours.
enum StrangeFileScenarios {
    static let all =
        StrangeFile.allCases.map { strange in
            KernelScenario("FM29 \(strange.rawValue) in place of a file") {
                try roles.reduce(0) { try $0 + replace($1, by: strange) }
            }
        } + [
            KernelScenario("FM29 a symbolic link as the store's directory") {
                try linkedDirectory()
            }
        ]

    /// A store's files, those it has and those it will make.
    private static let roles = [
        "MANIFEST", "MANIFEST.new", "LOCK", "first segment", "next segment",
    ]

    private static func replace(_ role: String, by strange: StrangeFile) throws -> Int {
        let parent = try TemporaryDirectory("strange")
        let (store, target) = (parent.path + "/store", parent.path + "/target")
        try KernelEntries.makeStore(in: store, count: 5)
        let segments = try DirectoryImage(store).names.filter { $0.hasSuffix(".segment") }
        let name =
            switch role {
            case "first segment": segments[0]
            // Fewer than ten of them, with sixteen digits.
            case "next segment": "000000000000000\(segments.count + 1).segment"
            default: role
            }
        let path = store + "/" + name
        // A link leads to what was there, so that following it would go unnoticed.
        if unsafe rename(path, target) != 0 { try parent.write(Array("mine".utf8), to: "target") }
        let before = (try parent.contents(of: "target"), try DirectoryImage(store))
        try strange.make(at: path, leadingTo: target)

        // A child, so that to hang is to be found out.
        let probe = try ProbeReport.of(store, "first=5", "writes=20")
        let context = "\(name): \(probe.messages)"
        try expect(try parent.contents(of: "target") == before.0, "the target changed, \(context)")
        if let kind = probe.refusal, probe.says("refused") {
            try expect(
                kind == "inputOutput" || kind == "foreign", "a strange refusal, \(context)")
            try expect(probe.messages.contains(store), "the path is not named, \(context)")
            try expect(try DirectoryImage(store) == before.1, "something changed, \(context)")
        } else {
            // What an interrupted change may leave is swept away, whatever it is.
            try expect(name == "MANIFEST.new", "it was let in, \(context)")
            try expect(probe.says("closed"), context)
            try KernelEntries.reopen(store, expecting: 0..<25)
        }
        return 1
    }

    private static func linkedDirectory() throws -> Int {
        let parent = try TemporaryDirectory("strange")
        let (store, link) = (parent.path + "/store", parent.path + "/link")
        try KernelEntries.makeStore(in: store, count: 5)
        try expect(parent.link(store, as: "link"), "cannot make a link")
        let probe = try ProbeReport.of(link, "first=5", "writes=20")
        try expect(probe.says("closed"), probe.messages)
        try KernelEntries.reopen(store, expecting: 0..<25)
        // Under two names it is one store.
        let first = try Store.open(at: store)
        do {
            try Store.open(at: link).close()
            throw BrokenPromise("opened twice under two names")
        } catch let error as StoreError {
            try expect(error.kind == .locked, "expected locked, found \(error)")
        }
        try first.close()
        return 2
    }
}
