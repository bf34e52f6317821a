import CairnFiles

/// One verification of a store: the manifest against the directory, the log, and beside the log all that was
/// derived from it.
///
/// The log is read once, in order. A key run is compared when its stretch has been read, the checkpoint at
/// the end, so that no more than the keys' fingerprints are held.
struct Verification {
    private let directory: StoreDirectory

    init(_ directory: StoreDirectory) { self.directory = directory }

    func run(
        _ progress: @escaping (StoreVerifier.Progress) -> Void
    ) throws(StoreError) -> StoreVerifier.Report {
        let ledger = VerifyLedger(totalByteCount: try totalByteCount(), progress)
        var files = VerifiedFiles(directory, ledger)
        try files.open()
        guard !files.segments.isEmpty else {
            ledger.finish()
            return ledger.report
        }
        let runs = try KeyRunChecks(files, ledger)
        let checkpoint = try CheckpointCheck(files, ledger)
        var log = LogVerifier(files, ledger)
        try log.run { change, segment throws(StoreError) in
            try runs.take(change)
            checkpoint?.take(change, in: segment)
        }
        try runs.finish()
        try checkpoint?.finish()
        ledger.finish()
        return ledger.report
    }

    /// The lengths of all files that are read.
    private func totalByteCount() throws(StoreError) -> Int {
        try naming("cannot look at \(directory.path)") { () throws(FileError) in
            var sum = 0
            for name in try directory.fileSystem.list(directory.path)
            where name == Manifest.fileName || name == CheckpointFile.fileName
                || SegmentIdentity.number(inFileName: name) != nil
                || KeyRunName(fileName: name) != nil
            {
                let path = directory.path + "/" + name
                guard try directory.fileSystem.kind(path) == .regular else { continue }
                sum += Int(try File(path, .read, in: directory.fileSystem).byteCount())
            }
            return sum
        }
    }
}
