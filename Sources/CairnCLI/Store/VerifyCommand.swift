import ArgumentParser
import CairnStore

/// `cairn store verify`: reads every byte and lists all damage. Changes nothing.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads every byte of a store and lists all damage.",
        discussion: "Changes nothing. Exits with 1 when there is damage.")

    @Argument(help: "The store's directory.")
    var directory: String

    @Flag(help: "Print JSON lines: findings, then a summary; progress on standard error.")
    var json = false

    private struct FindingLine: Encodable {
        let file: String
        let offset: Int
        let message: String
    }

    private struct Summary: Encodable {
        let segments: Int
        let frames: Int
        let records: Int
        let bytes: Int
        let findings: Int
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
                        file: finding.file, offset: finding.offset, message: finding.message))
            } else {
                print("\(finding.file), offset \(finding.offset): \(finding.message)")
            }
        }
        if json {
            try JSONText.print(
                Summary(
                    segments: report.segmentCount, frames: report.frameCount,
                    records: report.recordCount, bytes: report.byteCount,
                    findings: report.findings.count))
        } else {
            print(
                "\(report.segmentCount) segments, \(report.frameCount) frames, "
                    + "\(report.recordCount) records, \(report.byteCount) bytes: "
                    + (report.findings.isEmpty ? "all well" : "\(report.findings.count) findings"))
        }
        if !report.findings.isEmpty { throw ExitCode(ExitStatus.damage.rawValue) }
    }
}
