import CairnStore

/// Shows how far the opening of a store has come, once it has read more than a moment's worth: most read less.
struct OpeningReport {
    /// Bytes that are read without a word.
    private static let patience = 64 << 20

    private var report: ProgressReport

    init(isJSON: Bool = false) { report = ProgressReport(label: "open", isJSON: isJSON) }

    mutating func show(_ progress: StoreOpeningProgress) {
        guard progress.byteCount >= Self.patience else { return }
        report.show(progress.byteCount, of: progress.totalByteCount)
    }

    /// Opens the store in `directory` and shows how far that has come.
    static func open(_ directory: String, isJSON: Bool = false) throws(StoreError) -> Store {
        var report = OpeningReport(isJSON: isJSON)
        return try Store.open(at: directory) { report.show($0) }
    }
}
