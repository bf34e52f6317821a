import ArgumentParser
import CairnStore

/// `cairn store verify`: reads every byte, compares files with one another, lists all damage. Changes
/// nothing.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads every byte of a store and lists all damage.",
        discussion: """
            Reads the log, and holds against it all that is derived from it: key runs and the checkpoint. \
            Changes nothing. Exits with 1 when data is damaged, with 5 when only derived data is, which the \
            log can make anew.
            """)

    @Argument(help: "The store's directory.")
    var directory: String

    @Flag(help: "Print JSON lines: findings, then a summary; progress on standard error.")
    var json = false

    private struct FindingLine: Encodable {
        let file: String
        let offset: Int
        let severity: String
        let message: String
        let consequence: String
    }

    private struct Summary: Encodable {
        let segments: Int
        let frames: Int
        let records: Int
        let keyRuns: Int
        let entries: Int
        let slots: Int
        let bytes: Int
        let findings: Int
        let dataFindings: Int
    }

    func run() throws {
        var progress = ProgressReport(label: "verify", isJSON: json)
        var result: StoreVerifier.Report?
        try ExitStatus.reporting { () throws(StoreError) in
            result = try withoutActuallyEscaping({ (step: StoreVerifier.Progress) in
                progress.show(step.byteCount, of: step.totalByteCount)
            }) { show throws(StoreError) in
                try StoreVerifier.verify(at: directory, progress: show)
            }
        }
        guard let report = result else { return }
        for finding in report.findings {
            if json {
                try JSONText.print(
                    FindingLine(
                        file: finding.file, offset: finding.offset,
                        severity: finding.severity.rawValue, message: finding.message,
                        consequence: finding.consequence))
            } else {
                print("\(finding.file), offset \(finding.offset): \(finding.message)")
                print("    \(finding.consequence)")
            }
        }
        if json {
            try JSONText.print(
                Summary(
                    segments: report.segmentCount, frames: report.frameCount,
                    records: report.recordCount, keyRuns: report.keyRunCount,
                    entries: report.entryCount, slots: report.slotCount,
                    bytes: report.byteCount, findings: report.findings.count,
                    dataFindings: report.findings.count { $0.severity == .data }))
        } else {
            print(
                "\(report.segmentCount) segments, \(report.frameCount) frames, "
                    + "\(report.recordCount) records, \(report.keyRunCount) key runs, "
                    + "\(report.entryCount) entries, \(report.slotCount) slots, "
                    + "\(report.byteCount) bytes: " + Self.verdict(report))
        }
        switch report.severity {
        case nil: return
        case .data: throw ExitCode(ExitStatus.damage.rawValue)
        case .derived: throw ExitCode(ExitStatus.derivedDamage.rawValue)
        }
    }

    private static func verdict(_ report: StoreVerifier.Report) -> String {
        let count = report.findings.count
        switch report.severity {
        case nil: return "all well"
        case .data: return "\(count) findings"
        case .derived: return "\(count) findings, in derived data only: no data is damaged"
        }
    }
}
