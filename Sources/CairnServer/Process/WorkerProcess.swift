import ArgumentParser
import CairnPlatform
import CairnStore
import Logging
import UnixSignals

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A worker as a program: from the command line to the exit code.
enum WorkerProcess {
    /// What the exit code says; documented in Docs/CommandLine.md.
    private enum ExitStatus {
        static let stopped: Int32 = 0
        static let couldNotStart: Int32 = 1
        static let storeFailed: Int32 = 70
        static let interruptedTwice: Int32 = 130
    }

    static func main<W: Worker>(_ type: W.Type) async -> Never {
        let options = ServeOptions.parseOrExit()
        var logger = Logger(label: String(describing: type)) { label in
            StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = .notice
        // Before anything is opened: a signal that comes in between must not be missed.
        let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
        let (stop, continuation) = AsyncStream.makeStream(of: Void.self)
        Task {
            var count = 0
            for await _ in signals {
                count += 1
                if count > 1 { exit(ExitStatus.interruptedTwice) }
                continuation.yield()
            }
        }
        do {
            exit(try await serve(type, options, logger, until: stop))
        } catch {
            Terminal.complain("\(type) could not start: \(error)")
            exit(ExitStatus.couldNotStart)
        }
    }

    /// Serves until it is told to stop or the store fails.
    /// - Parameter announce: told the one line that says that it is ready.
    /// - Returns: the exit code.
    /// - Throws: when it could not start.
    static func serve<W: Worker>(
        _ type: W.Type, _ options: ServeOptions, _ logger: Logger, until stop: AsyncStream<Void>,
        components: StoreComponents = StoreComponents(),
        announce: @Sendable (String) -> Void = { Terminal.say($0) }
    ) async throws -> Int32 {
        let server = try await WorkerServer(
            type, configuration: options.config, directory: options.persistTo, ip: options.ip,
            port: options.port, logger: logger, components: components)
        for warning in server.warnings { Terminal.complain("warning: \(warning)") }
        announce("\(server.name) ready on \(server.url)")
        let failure = await untilStopOrFailure(stop, server)
        if let failure {
            Terminal.complain("\(type): the store has failed, stopping: \(failure)")
            // Whoever is connected is told so before the door closes.
            try? await Task.sleep(for: .milliseconds(500))
        }
        do {
            try await server.stop()
        } catch {
            if failure == nil { Terminal.complain("\(type): the store did not close: \(error)") }
            return ExitStatus.storeFailed
        }
        return failure == nil ? ExitStatus.stopped : ExitStatus.storeFailed
    }

    /// Returns `nil` when told to stop, or how the store failed.
    private static func untilStopOrFailure<W: Worker>(
        _ stop: AsyncStream<Void>, _ server: WorkerServer<W>
    ) async -> StoreError? {
        await withTaskGroup(of: StoreError?.self) { group in
            group.addTask {
                for await _ in stop { break }
                return nil
            }
            group.addTask {
                while !Task.isCancelled {
                    if let failure = server.failure { return failure }
                    try? await Task.sleep(for: .milliseconds(100))
                }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
