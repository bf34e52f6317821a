import CairnInstruments
import Foundation

/// What a run says on standard output.
enum CampaignReport {
    /// One instrument's line, its broken promises, and what it could not try.
    static func printLine(_ outcome: CampaignRunner.Outcome) {
        let verdict = outcome.violations.isEmpty ? "ok  " : "FAIL"
        let seconds = String(format: "%.1f", outcome.seconds)
        print(
            "\(verdict) \(outcome.instrument): \(outcome.count) \(outcome.unit) "
                + "(\(outcome.shares) shares) in \(seconds) s, "
                + "\(outcome.violations.count) broken promises")
        if !outcome.visited.isEmpty {
            print("     \(outcome.visited.count) kinds of place visited")
        }
        for violation in outcome.violations { print("  \(violation)") }
        for (reason, count) in outcome.skipped.sorted(by: { $0.key < $1.key }) {
            print("  SKIPPED \(count): \(reason)")
        }
        if let digest = outcome.digest { print("  trace \(String(digest, radix: 16))") }
        // All streams: a child of `planted` is killed at its time limit, and its line must be out.
        fflush(nil)
    }
}
