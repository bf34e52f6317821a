import CairnPlatform
import Foundation

/// A program of this package, run as a child whose output a test reads and whom it may kill.
package final class ChildProcess: Sendable {
    /// How a child ended.
    package enum Ending: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    private struct Output {
        var bytes: [UInt8] = []
        var text: String { String(decoding: bytes, as: UTF8.self) }
        var isComplete = false
    }

    private let process: Process
    private let output = Locked(Output())
    private let errors = Locked(Output())

    /// Starts `product`, which lies beside the test bundle.
    package init(_ product: String, _ arguments: [String], directory: String? = nil) throws {
        let process = Process()
        process.executableURL = Self.productDirectory.appendingPathComponent(product)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        self.process = process
        process.standardOutput = Self.pipe(into: output)
        process.standardError = Self.pipe(into: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Where this build's executables are.
    private static var productDirectory: URL {
        for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
            return bundle.bundleURL.deletingLastPathComponent()
        }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    }

    /// The process id.
    package var processID: Int32 { process.processIdentifier }

    /// Sends a signal: 9 kills, 15 asks to end.
    package func send(signal: Int32) { _ = kill(process.processIdentifier, signal) }

    /// Waits for the end, and for all output to have been read.
    @discardableResult
    package func wait() -> Ending {
        process.waitUntilExit()
        output.withLock(when: { $0.isComplete }, { _ in })
        errors.withLock(when: { $0.isComplete }, { _ in })
        return process.terminationReason == .exit
            ? .exit(process.terminationStatus) : .signal(process.terminationStatus)
    }

    /// What the child has said so far.
    package var text: String { output.withLock { $0.text } }

    /// The same as bytes.
    package var bytes: [UInt8] { output.withLock { $0.bytes } }

    /// What the child has complained about so far.
    package var errorText: String { errors.withLock { $0.text } }

    /// Waits until what the child has said satisfies `condition`, or it has said all it will.
    package func waitForText(_ condition: (String) -> Bool) -> String {
        output.withLock(when: { condition($0.text) || $0.isComplete }, { $0.text })
    }

    private static func pipe(into output: Locked<Output>) -> Pipe {
        let pipe = Pipe()
        let handle = pipe.fileHandleForReading
        _ = DedicatedThread(name: "child-output") {
            while true {
                let data = handle.availableData
                output.withLock { output in
                    output.bytes += data
                    output.isComplete = data.isEmpty
                }
                output.wakeWaiters()
                if data.isEmpty { return }
            }
        }
        return pipe
    }
}
