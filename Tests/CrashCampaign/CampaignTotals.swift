import CairnInstruments
import CairnPlatform
import Foundation

/// What a campaign has done, instrument by instrument.
struct CampaignTotals {
    private struct Total {
        var unit = ""
        var count = 0
        var shares = 0
        var seconds = 0.0
        var violations: [Violation] = []
        var visited: [String: Int] = [:]
        var skipped: [String: Int] = [:]
    }

    /// Where the endless instruments began.
    let firstShare: Int
    private var totals: [String: Total] = [:]

    init(firstShare: Int) { self.firstShare = firstShare }

    func shares(of name: String) -> Int { totals[name]?.shares ?? 0 }

    var violationCount: Int { totals.values.reduce(0) { $0 + $1.violations.count } }

    mutating func add(_ outcome: CampaignRunner.Outcome) {
        var total = totals[outcome.instrument] ?? Total()
        total.unit = outcome.unit
        total.count += outcome.count
        total.shares += outcome.shares
        total.seconds += outcome.seconds
        total.violations += outcome.violations
        total.visited.merge(outcome.visited, uniquingKeysWith: +)
        total.skipped.merge(outcome.skipped, uniquingKeysWith: +)
        totals[outcome.instrument] = total
    }

    /// The report.
    func markdown(elapsed: Double) -> String {
        var lines = [
            "# Crash campaign", "",
            "\(Int(elapsed / 60)) minutes, endless instruments from share \(firstShare) on, "
                + "\(violationCount) broken promises.", "",
            "| instrument | done | shares | seconds | broken promises | skipped |",
            "|---|---|---|---|---|---|",
        ]
        for (name, total) in totals.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "| \(name) | \(total.count) \(total.unit) | \(total.shares) "
                    + "| \(Int(total.seconds)) | \(total.violations.count) "
                    + "| \(total.skipped.values.reduce(0, +)) |")
        }
        for (name, total) in totals.sorted(by: { $0.key < $1.key }) {
            lines += section(name, total)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func section(_ name: String, _ total: Total) -> [String] {
        var lines: [String] = []
        for violation in total.violations { lines.append("- BROKEN \(violation)") }
        for (reason, count) in total.skipped.sorted(by: { $0.key < $1.key }) {
            lines.append("- skipped \(count): \(reason)")
        }
        let places = total.visited.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        if !places.isEmpty {
            lines.append(
                "- visited \(places.count) kinds of place: " + places.joined(separator: "; "))
        }
        return lines.isEmpty ? [] : ["", "## \(name)", ""] + lines
    }
}
