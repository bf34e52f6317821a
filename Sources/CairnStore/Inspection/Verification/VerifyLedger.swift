/// What a verification has found and how far it has come; its parts write into one.
///
/// Not thread-safe: one verification, one thread.
final class VerifyLedger {
    /// Findings of one derived file that are listed; more are counted.
    private static let listedMax = 100

    private(set) var report = StoreVerifier.Report()
    private let progress: (StoreVerifier.Progress) -> Void
    private let totalByteCount: Int
    private var unlisted: [String: Int] = [:]
    private var listed: [String: Int] = [:]

    init(totalByteCount: Int, _ progress: @escaping (StoreVerifier.Progress) -> Void) {
        self.totalByteCount = totalByteCount
        self.progress = progress
    }

    /// Whether not all of the log could be read: what was derived from the rest cannot be compared.
    private(set) var isLogDamaged = false

    /// Data that nothing else has.
    func data(_ file: String, _ offset: Int, _ message: String, consequence: String) {
        report.findings.append(
            StoreVerifier.Finding(
                file: file, offset: offset, message: message, severity: .data,
                consequence: consequence))
    }

    /// A part of the log that cannot be read.
    func log(_ file: String, _ offset: Int, _ message: String, consequence: String) {
        isLogDamaged = true
        data(file, offset, message, consequence: consequence)
    }

    /// Data that the log has too.
    func derived(
        _ file: String, _ offset: Int, _ message: String,
        consequence: String = "derived data: will be made anew from the log by the next open"
    ) {
        guard listed[file, default: 0] < Self.listedMax else {
            unlisted[file, default: 0] += 1
            return
        }
        listed[file, default: 0] += 1
        report.findings.append(
            StoreVerifier.Finding(
                file: file, offset: offset, message: message, severity: .derived,
                consequence: consequence))
    }

    /// Puts what matters most first, and says of the files with very many findings how many are not listed.
    func finish() {
        report.findings =
            report.findings.filter { $0.severity == .data }
            + report.findings.filter { $0.severity == .derived }
        for (file, count) in unlisted.sorted(by: { $0.key < $1.key }) {
            report.findings.append(
                StoreVerifier.Finding(
                    file: file, offset: 0, message: "\(count) more findings in this file",
                    severity: .derived, consequence: "as for those that are listed"))
        }
        progress(
            StoreVerifier.Progress(byteCount: totalByteCount, totalByteCount: totalByteCount))
    }

    /// Counts what the body counts.
    func count(_ body: (inout StoreVerifier.Report) -> Void) { body(&report) }

    /// So many bytes have been read since the last call.
    func advance(_ byteCount: Int) {
        report.byteCount += byteCount
        progress(
            StoreVerifier.Progress(
                byteCount: min(report.byteCount, totalByteCount), totalByteCount: totalByteCount))
    }
}
