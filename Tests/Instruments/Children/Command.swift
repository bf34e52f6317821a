#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program of the system's that is run to its end, or to a time limit that holds even when we are
/// gone before it.
struct Command: Sendable {
    /// What came of it.
    struct Result: Sendable {
        var ending: Child.Ending
        /// Standard output and standard error.
        var text: String
        var isSuccess: Bool { ending == .exit(0) }
    }

    private static let limitSeconds = 60
    let program: String

    /// Finds the program called `name`, or `nil` where there is none.
    init?(_ name: String) {
        guard let path = Self.find(name) else { return nil }
        program = path
    }

    /// Takes the program at `path`.
    init(path: String) { program = path }

    /// Runs it.
    func run(_ arguments: [String]) throws -> Result {
        guard let timeout = Self.find("timeout") else {
            throw BrokenPromise("there is no timeout(1)")
        }
        let child = try Child(
            timeout, ["-s", "KILL", "\(Self.limitSeconds)", program] + arguments,
            mergesErrors: true)
        child.endInput()
        var bytes: [UInt8] = []
        while let part = child.read(until: .now + .seconds(Self.limitSeconds + 5)) {
            if part.isEmpty { child.kill() }
            bytes += part
        }
        return Result(ending: child.wait(), text: String(decoding: bytes, as: UTF8.self))
    }

    private static func find(_ name: String) -> String? {
        ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"]
            .map { $0 + "/" + name }.first { path in unsafe access(path, X_OK) == 0 }
    }
}
