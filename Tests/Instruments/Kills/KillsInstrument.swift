import CairnPlatform
import CairnSimulation
import CairnStore
import CairnTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Kills a real process, again and again in the same directory, and looks whether anything it had
/// acknowledged is gone: row FM01 of the failure model.
///
/// A share is one directory. Each life of the writer has settings of its own and goes on where the
/// kill left the last one. What an open finds must be what the steps so far make, up to some step
/// that is not before the last acknowledged one: everything in every keyspace, and nothing else.
package struct KillsInstrument: Instrument {
    package let name = "kills"
    package let unit = "kills"
    package let quickCount = 1000

    /// Kills in one directory.
    private static let killsPerShare = 25
    /// Longer than this, opening or closing hangs.
    private static let patience = Duration.seconds(20)

    package init() {}

    package func run(share: Int, _ tally: Tally) throws {
        let directory = try TemporaryDirectory("kills")
        var random = SeededRandom(seed: UInt64(share))
        var ledger = Ledger()
        var kills = 0
        do {
            while kills < Self.killsPerShare {
                let life = WriterLife(seed: random.next())
                if try Self.live(life, in: directory.path, &ledger, tally) {
                    kills += 1
                    tally.count()
                }
                if random.oneIn(5) || kills == Self.killsPerShare {
                    try Self.look(into: directory.path, &ledger)
                    tally.visit("compared in place")
                }
            }
        } catch {
            // The one thing that a kill at a random time leaves to look at.
            let kept = directory.path + "-kept"
            _ = unsafe rename(directory.path, kept)
            throw Violation(
                instrument: name, message: "share \(share), kill \(kills): \(error); see \(kept)",
                replay: "make crash-replay INSTRUMENT=kills SHARE=\(share)")
        }
    }

    /// Lets a writer live, and enters in the ledger what it says.
    /// - Returns: whether it was killed.
    private static func live(
        _ life: WriterLife, in directory: String, _ ledger: inout Ledger, _ tally: Tally
    ) throws -> Bool {
        let child = try ChildBody.start("writer", [directory, String(life.seed)])
        var hearing = WriterHearing(life, patience: patience)
        var bytes: [UInt8] = []
        while true {
            if let said = child.read(until: hearing.deadline) {
                bytes += said
                for message in LedgerMessage.take(from: &bytes) {
                    try hearing.hear(message, &ledger)
                }
            } else {
                break
            }
            if ContinuousClock.now >= hearing.deadline {
                if hearing.isHanging { throw BrokenPromise("the writer hangs: \(hearing.stage)") }
                child.kill()
            }
        }
        switch child.wait() {
        case .signal(SIGKILL):
            tally.visit(hearing.place)
            return true
        case .exit(0) where hearing.stage == .closed:
            tally.visit("closed by itself")
            return false
        case let ending: throw BrokenPromise("the writer ended with \(ending): \(hearing.stage)")
        }
    }

    /// Opens the store in this process and compares it thing by thing.
    private static func look(into directory: String, _ ledger: inout Ledger) throws {
        let store = try Store.open(at: directory)
        let found = try StoreModel(reading: store)
        try ledger.compare(with: found)
        try store.close()
    }
}
