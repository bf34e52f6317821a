import CairnFiles

/// The key runs of a store that is being verified.
final class KeyRunChecks {
    private let ledger: VerifyLedger
    private var waiting: [KeyRunCheck] = []

    /// Opens the runs. What cannot be opened is a finding.
    init(_ files: VerifiedFiles, _ ledger: VerifyLedger) throws(StoreError) {
        self.ledger = ledger
        let directory = files.directory
        let log = LogMap(files.segments)
        let names = try naming("cannot list \(directory.path)") { () throws(FileError) in
            try directory.fileSystem.list(directory.path)
        }
        for name in names.sorted() {
            guard let runName = KeyRunName(fileName: name), let store = files.store else {
                continue
            }
            let path = directory.path + "/" + name
            try naming("cannot read \(path)") { () throws(FileError) in
                guard try directory.fileSystem.kind(path) == .regular else {
                    return ledger.derived(
                        path, 0, "expected a regular file, found something else",
                        consequence: "derived data: left aside by the next open, which makes "
                            + "it anew from the log; move the file away")
                }
                let source = try KeyRunSource.file(try File(path, .read, in: directory.fileSystem))
                ledger.count { $0.keyRunCount += 1 }
                let run: KeyRun
                do throws(KeyRunError) {
                    run = try KeyRun.open(source, store: store, name: runName)
                } catch {
                    if case .file(let cause) = error { throw cause }
                    ledger.derived(path, error.offset, "the key run is damaged: \(error.text)")
                    return ledger.advance(source.byteCount)
                }
                let check = KeyRunCheck(run, path, ledger)
                try check.compareWithLog(log)
                waiting.append(check)
            }
        }
    }

    /// Takes the next change of the log.
    func take(_ change: LogChange) throws(StoreError) {
        let sequence = change.entry.sequence
        for check in waiting where check.run.lastSequence < sequence { try check.finish() }
        waiting.removeAll { $0.run.lastSequence < sequence }
        for check in waiting where check.run.firstSequence <= sequence { check.take(change) }
    }

    /// The log has been read.
    func finish() throws(StoreError) {
        for check in waiting { try check.finish() }
        waiting = []
    }
}

extension KeyRunError {
    /// Where in the file; 0 where that cannot be said.
    var offset: Int {
        switch self {
        case .checksum(let offset), .range(let offset): offset
        case .file, .short, .magic, .version, .store, .name: 0
        }
    }

    /// What was expected and what was found.
    var text: String {
        switch self {
        case .file(let cause): "\(cause)"
        case .short(let count): "it ends after \(count) bytes"
        case .magic: "it does not begin or end like one"
        case .version(let version): "it has version \(version)"
        case .checksum(let offset): "the checksum at offset \(offset) is wrong"
        case .range(let offset): "what is at offset \(offset) cannot be right"
        case .store(let store): "it is of store \(store.hexadecimal)"
        case .name(let name): "it is \(name.fileName)"
        }
    }
}
