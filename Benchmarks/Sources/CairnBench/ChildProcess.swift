import Foundation

/// This program once more, as a process of its own.
///
/// Its standard error is ours: what it complains of is seen as it happens.
final class ChildProcess {
    private let process = Process()
    private let output = Pipe()

    /// Starts it with `arguments`.
    init(_ arguments: [String]) throws {
        let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
    }

    /// Runs it to its end.
    /// - Returns: the lines of its standard output.
    static func lines(_ arguments: [String]) throws -> [String] {
        let child = try ChildProcess(arguments)
        let data = child.output.fileHandleForReading.readDataToEndOfFile()
        child.process.waitUntilExit()
        guard child.process.terminationReason == .exit, child.process.terminationStatus == 0 else {
            throw EngineError(
                "the process that measured ended with "
                    + (child.process.terminationReason == .exit ? "exit code" : "signal")
                    + " \(child.process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Waits until it has written something.
    func waitForOutput() throws {
        guard !output.fileHandleForReading.availableData.isEmpty else {
            throw EngineError("the process that should be killed ended by itself")
        }
    }

    /// Ends it as a crash would.
    func killAndWait() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
