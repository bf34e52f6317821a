import CairnFiles
import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A directory of a test's own, removed with everything in it when the value goes away.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init(_ name: String = "cairn") throws {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        path = "\(parent)/\(name)-\(SystemRandomSource().next())"
        try PosixFileSystem().createDirectory(path)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        let files = PosixFileSystem()
        guard let kind = try? files.kind(path) else { return }
        if kind == .directory {
            _ = unsafe chmod(path, 0o700)
            for name in (try? files.list(path)) ?? [] { remove(path + "/" + name) }
            _ = unsafe rmdir(path)
        } else {
            _ = unsafe unlink(path)
        }
    }
}
