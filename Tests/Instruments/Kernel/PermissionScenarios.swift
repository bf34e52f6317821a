import CairnStore
import CairnTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// FM28: a user who may not do something is told what, before anything is changed.
enum PermissionScenarios {
    /// The user `nobody`: owns nothing here.
    private static let nobody = 65534

    static let all = [
        KernelScenario("FM28 another user's directory") {
            try refusals([
                ("a directory of mode 0700", "store", { ($0, 0o700, nil, 0) }),
                ("a directory that may be read", "store", { ($0, 0o755, nil, 0) }),
                ("a manifest of mode 0600", "MANIFEST", { ($0, 0o777, "MANIFEST", 0o600) }),
                (
                    "a segment that may be read", ".segment",
                    { ($0, 0o777, "0000000000000001.segment", 0o644) }
                ),
                ("a lock of mode 0600", "store", { ($0, 0o777, "LOCK", 0o600) }),
            ])
        },
        KernelScenario("FM28 a parent that may not be written") { try missingDirectory() },
        KernelScenario("FM28 a file system mounted read-only") { try readOnlyMount() },
    ]

    /// The store's directory, its mode, a file in it that is spared from 0666, and that file's mode.
    private typealias Modes = (
        directory: String, mode: mode_t, file: String?, fileMode: mode_t
    )

    private static func refusals(
        _ cases: [(name: String, path: String, modes: @Sendable (String) -> Modes)]
    ) throws -> Int {
        guard getuid() == 0 else { throw KernelScenario.NotHere("becoming nobody takes root") }
        for (name, path, modes) in cases {
            let parent = try TemporaryDirectory("permission")
            parent.setMode(0o755)
            let store = parent.path + "/store"
            try KernelEntries.makeStore(in: store, count: 5)
            let before = try DirectoryImage(store)
            let modes = modes(store)
            for file in before.names {
                try setMode(file == modes.file ? modes.fileMode : 0o666, store + "/" + file)
            }
            try setMode(modes.mode, store)
            let probe = try ProbeReport.of(store, "user=\(nobody)", "writes=1")
            let context = "\(name): \(probe.messages)"
            try expect(probe.says("refused permission"), "not refused, \(context)")
            try expect(probe.messages.contains(path), "the path is not named, \(context)")
            try expect(try DirectoryImage(store) == before, "something was changed, \(context)")
        }
        return cases.count
    }

    private static func setMode(_ mode: mode_t, _ path: String) throws {
        try expect(unsafe chmod(path, mode) == 0, "cannot set the mode of \(path): errno \(errno)")
    }

    private static func missingDirectory() throws -> Int {
        guard getuid() == 0 else { throw KernelScenario.NotHere("becoming nobody takes root") }
        let parent = try TemporaryDirectory("permission")
        parent.setMode(0o755)
        let store = parent.path + "/store"
        let probe = try ProbeReport.of(store, "user=\(nobody)", "writes=1")
        try expect(
            probe.says("refused permission") && probe.messages.contains(store), probe.messages)
        try expect(try parent.names().isEmpty, "something was made")
        return 1
    }

    private static func readOnlyMount() throws -> Int {
        let disk = try LoopDisk(mebibytes: 16)
        let (store, other) = (disk.path + "/store", disk.path + "/other")
        try KernelEntries.makeStore(in: store, count: 5)
        let before = try DirectoryImage(store)
        try disk.remount(readOnly: true)
        for path in [store, other] {
            let probe = try ProbeReport.of(path, "writes=1")
            try expect(
                probe.says("refused permission") && probe.messages.contains(path), probe.messages)
        }
        try expect(try DirectoryImage(store) == before, "something was changed")
        try disk.remount(readOnly: false)
        try KernelEntries.reopen(store, expecting: 0..<5)
        return 2
    }
}
