import ArgumentParser
import CairnServer
import CairnStore

/// `cairn store stats`: opens the store, as its owner would, and says how large it is.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Says how large a store is and how much of it is alive.",
        discussion: """
            Opens the store as its owner would: a torn tail is cut. A store that is open elsewhere is \
            refused; its owner asks `Store.metrics()`, which counts commits, syncs and reads besides.

            With --watch it looks again whenever the files have changed, until it is interrupted: on a \
            terminal in place, otherwise a line each time. While somebody else has the store open it \
            waits; while nothing changes it does not open the store.
            """)

    @Argument(help: "The store's directory.")
    var directory: String

    @Flag(help: "Print one line of JSON each time.")
    var json = false

    @Option(
        defaultAsFlag: 2.0, parsing: .next,
        help: ArgumentHelp("Look again every so many seconds.", valueName: "seconds"))
    var watch: Double?

    @Option(
        help: ArgumentHelp("Also size up the first N keyspaces, by name.", valueName: "N"))
    var keyspaces = 0

    /// So that a watched table fits a screen.
    private static let watchedSegmentCount = 10

    func validate() throws {
        if let watch, !(0.1...86_400).contains(watch) {
            throw ValidationError("--watch takes 0.1 to 86400 seconds.")
        }
        guard keyspaces >= 0 else { throw ValidationError("--keyspaces takes no negative number.") }
    }

    func run() throws {
        var first: StatsReport?
        try ExitStatus.reporting { () throws(StoreError) in
            do throws(StoreError) { first = try look() } catch {
                throw error.kind == .locked ? Self.withAdvice(error) : error
            }
        }
        guard let first else { return }
        try show(first, nil)
        if let watch { try keepWatching(first, every: .seconds(watch)) }
    }

    private static func withAdvice(_ error: StoreError) -> StoreError {
        StoreError(
            error.kind,
            error.message + "; or ask `Store.metrics()` in the program that has it open",
            cause: error.cause)
    }

    private func look() throws(StoreError) -> StatsReport {
        // Refuses where there is no store; `open` would make one.
        try StoreDumper.requireStore(at: directory)
        let store = try OpeningReport.open(directory, isJSON: json)
        let report = StatsReport(
            metrics: try store.metrics(), keyspaces: store.keyspaceMetrics(limit: keyspaces))
        try store.close()
        return report
    }

    private func keepWatching(_ first: StatsReport, every interval: Duration) throws {
        var report = first
        var seen = DirectoryFingerprint(of: directory)
        var obstacle: String?
        while true {
            Terminal.pause(for: interval)
            if DirectoryFingerprint(of: directory) != seen {
                try ExitStatus.reporting { () throws(StoreError) in
                    let hadObstacle = obstacle != nil
                    obstacle = nil
                    do throws(StoreError) { report = try look() } catch {
                        guard error.kind == .locked else { throw error }
                        obstacle = "\(error.message); waiting"
                        if !hadObstacle, !isRedrawn { Terminal.complain("cairn: \(error.message)") }
                    }
                }
                if obstacle == nil { seen = DirectoryFingerprint(of: directory) }
            }
            if obstacle == nil || isRedrawn { try show(report, obstacle) }
        }
    }

    private var isRedrawn: Bool { watch != nil && !json && Terminal.isOutputWatched }

    /// - Parameter obstacle: why the report is an old one.
    private func show(_ report: StatsReport, _ obstacle: String?) throws {
        if json {
            Terminal.say(try report.json)
        } else if isRedrawn {
            var lines = report.table(segmentCount: Self.watchedSegmentCount)
            if let obstacle { lines.append(obstacle) }
            Terminal.say(Terminal.homeAndErase + lines.joined(separator: "\n"))
        } else if watch != nil {
            Terminal.say(report.line)
        } else {
            Terminal.say(report.table(segmentCount: nil).joined(separator: "\n"))
        }
    }
}
