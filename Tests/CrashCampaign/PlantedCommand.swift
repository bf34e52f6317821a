import ArgumentParser
import CairnInstruments
import CairnPlatform
import Foundation

/// `crash-campaign planted`: plants each known bug in a process of its own and lets the instruments look
/// for it. Builds with the trait `PlantedBugs` only.
struct PlantedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "planted",
        abstract: "Plants known bugs, one at a time; fails when one is not found.")

    @Argument(help: "The bugs to plant; all when none is named.")
    var names: [String] = []

    @Option(help: "How long each instrument may look, in seconds.")
    var seconds = 60.0

    @Option(help: "A campaign built with ThreadSanitizer, for the bugs that only it can see.")
    var tsan: String?

    /// What came of one bug.
    private struct Finding: Sendable {
        let bug: PlantedBug
        let instrument: String?
        let seconds: Double
        let isSkipped: Bool
    }

    func validate() throws {
        guard PlantedBug.isAvailable else {
            throw ValidationError("this build cannot plant bugs; see `make planted-bugs`")
        }
        for name in names where PlantedBug(rawValue: name) == nil {
            throw ValidationError(
                "there is no planted bug '\(name)'; there are: "
                    + PlantedBug.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    func run() throws {
        let bugs = PlantedBug.allCases.filter { names.isEmpty || names.contains($0.rawValue) }
        let next = Locked(0)
        let findings = Locked<[Finding]>([])
        let command = self
        let threads = (0..<2).map { _ in
            DedicatedThread(name: "planted") {
                while true {
                    let index = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard index < bugs.count else { return }
                    let finding = command.look(for: bugs[index])
                    Self.show(finding)
                    findings.withLock { $0.append(finding) }
                }
            }
        }
        for thread in threads { thread.join() }
        let all = findings.withLock { $0 }
        let skipped = all.filter(\.isSkipped).count
        let caught = all.filter { $0.instrument != nil }.count
        let missed = all.count - caught - skipped
        if skipped > 0 {
            print("\(skipped) skipped: they need ThreadSanitizer (make planted-race)")
        }
        print("\(caught) caught, \(missed) missed")
        if missed > 0 { throw ExitCode(1) }
    }

    private static func show(_ finding: Finding) {
        let name = finding.bug.rawValue.padding(toLength: 28, withPad: " ", startingAt: 0)
        let time = String(format: "%6.2f s", finding.seconds)
        switch finding.instrument {
        case let instrument?: print("caught  \(name) \(time)  \(instrument)")
        case nil where finding.isSkipped: print("skipped \(name)")
        case nil: print("MISSED  \(name) \(time)")
        }
        fflush(nil)
    }

    private func look(for bug: PlantedBug) -> Finding {
        let start = ContinuousClock.now
        let needsSanitizer = bug == .unlockedCounter
        guard !needsSanitizer || tsan != nil else {
            return Finding(bug: bug, instrument: nil, seconds: 0, isSkipped: true)
        }
        var found: String?
        for name in Self.instruments(for: bug) where found == nil {
            if finds(bug, with: name) { found = name }
        }
        let elapsed = (ContinuousClock.now - start).components
        return Finding(
            bug: bug, instrument: found,
            seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18, isSkipped: false)
    }

    /// Whether `instrument` finds the bug: it says so, or the process it runs in ends badly.
    private func finds(_ bug: PlantedBug, with instrument: String) -> Bool {
        let process = Process()
        let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
        let path = bug == .unlockedCounter ? tsan ?? own : own
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [
            "run", instrument, "--plant", bug.rawValue, "--seconds", String(seconds),
            "--every-bit",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        // A store that hangs is as broken as one that lies.
        let deadline = ContinuousClock.now + .seconds(seconds + 20)
        while process.isRunning && ContinuousClock.now < deadline {
            Thread.sleep(forTimeInterval: 0.01)
        }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal || process.terminationStatus != 0
    }

    /// Where to look first; a bug that is not listed is looked for with all of them.
    private static func instruments(for bug: PlantedBug) -> [String] {
        let first: [String]
        switch bug {
        case .headerOutsideChecksum, .readUnverified, .cutAnyDamage, .floorNotRecorded:
            first = ["flips"]
        case .retrySync, .goOnAfterFailure, .ignoreShortWrite, .believeLaterSync, .skipSpares:
            first = ["faults"]
        case .forgetTombstones, .reuseKeyspaceNumber, .replayHalfBatches: first = ["kills"]
        case .letSecondOpenerIn, .fullDiskPoisons, .deletesNeedRoom, .serveExpired:
            first = ["simulate"]
        case .gateMissesOpenTurn, .resultLeavesEarly, .callLeavesEarly, .chunkLeavesEarly,
            .frameLeavesEarly, .errorLeavesEarly, .syncReturnsEarly, .turnTornApart,
            .inputGateStaysOpen, .batonForEverybody, .awaitBehindGate, .refusedTurnForgotten,
            .endedInstanceWrites, .closeUnanswered,
            .evictBusyUnfenced:
            first = ["objects"]
        case .shardUnverified: first = ["flips"]
        case .dropRunTombstones, .mergeLosesTombstones, .keepChangedPages,
            .captureBeforeShards, .countReplayTwice, .countsNotTakenAnew, .believeAnyProof,
            .replayFromLater, .publishRunEarly, .publishCheckpointEarly:
            first = ["simulate"]
        // What only threads can show.
        case .publishStalePage, .keysOutsideLocks, .keysAfterSpaces: return ["stress"]
        case .unlockedCounter: return ["stress"]
        default: first = ["enumerate"]
        }
        // Two real-kernel runs side by side would meet each other's disks.
        let all = allInstruments.map(\.name).filter { $0 != "kernel" && $0 != "stress" }
        return first.filter(all.contains) + all.filter { !first.contains($0) }
    }
}
