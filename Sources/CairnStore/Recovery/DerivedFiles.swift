import CairnFiles

/// The files of a store that are derived from its log, as an open finds them.
struct DerivedFiles {
    /// Key runs that together cover the log from its beginning, in order.
    private(set) var runs: [(name: KeyRunName, run: KeyRun)] = []
    private(set) var checkpoint: CheckpointFile?
    /// Why something that is there is not used.
    private(set) var complaint: String?
    /// Files that are not needed: to be removed once the store is open.
    private(set) var leftovers: [String] = []

    /// Looks at what is in a store's directory and changes nothing. What cannot be read or does not fit
    /// the log is left aside.
    init(
        _ directory: StoreDirectory, _ manifest: Manifest, _ segments: [Segment]
    ) throws(StoreError) {
        let names = try naming("cannot list \(directory.path)") { () throws(FileError) in
            try directory.fileSystem.list(directory.path)
        }
        let log = LogMap(segments)
        var found: [KeyRunName] = []
        for name in names.sorted() {
            if let run = KeyRunName(fileName: name) {
                found.append(run)
            } else if name.hasSuffix(DerivedFile.temporarySuffix) {
                let target = String(name.dropLast(DerivedFile.temporarySuffix.count))
                if target == CheckpointFile.fileName || KeyRunName(fileName: target) != nil {
                    leftovers.append(name)
                }
            }
        }
        openRuns(found, directory, manifest, log)
        if names.contains(CheckpointFile.fileName) { openCheckpoint(directory, manifest, log) }
    }

    /// Nothing derived: everything comes from the log.
    init(without files: DerivedFiles, because reason: String) {
        complaint = reason
        leftovers = files.leftovers + files.runs.map(\.name.fileName)
        if files.checkpoint != nil { leftovers.append(CheckpointFile.fileName) }
    }

    /// The newest commit that a run covers.
    var coveredSequence: UInt64 { runs.last?.run.lastSequence ?? 0 }

    private mutating func openRuns(
        _ names: [KeyRunName], _ directory: StoreDirectory, _ manifest: Manifest, _ log: LogMap
    ) {
        // From the beginning, always the longest that goes on where the last one ended.
        var rest = names
        while true {
            let next = coveredSequence + 1
            let fitting = rest.filter { $0.firstSequence == next }
                .sorted { $0.lastSequence > $1.lastSequence }
            var isFound = false
            for name in fitting {
                rest.removeAll { $0 == name }
                guard let run = open(name, directory, manifest, log) else {
                    leftovers.append(name.fileName)
                    continue
                }
                runs.append((name, run))
                isFound = true
                break
            }
            guard isFound else { break }
        }
        leftovers += rest.map(\.fileName)
    }

    private mutating func open(
        _ name: KeyRunName, _ directory: StoreDirectory, _ manifest: Manifest, _ log: LogMap
    ) -> KeyRun? {
        let path = directory.path + "/" + name.fileName
        do throws(FileError) {
            let source = try KeyRunSource.file(try File(path, .read, in: directory.fileSystem))
            let run: KeyRun
            do throws(KeyRunError) {
                run = try KeyRun.open(source, store: manifest.store, name: name)
            } catch {
                complaint = "\(name.fileName) is damaged (\(error))"
                return nil
            }
            if try log.leads(to: run.summary.proof), log.holds(run.summary.segments) { return run }
            complaint = "\(name.fileName): the log is not what it was when it was made"
        } catch { complaint = "\(name.fileName) cannot be read (\(error))" }
        return nil
    }

    private mutating func openCheckpoint(
        _ directory: StoreDirectory, _ manifest: Manifest, _ log: LogMap
    ) {
        let name = CheckpointFile.fileName
        do throws(CheckpointFile.Failure) {
            let file = try CheckpointFile(
                directory.path + "/" + name, store: manifest.store, directory.fileSystem)
            for segment in file.tables.segments {
                guard log.salt(of: segment.number) == segment.salt else {
                    throw .defect(.segment(segment.number))
                }
            }
            let leads: Bool
            do throws(FileError) { leads = try log.leads(to: file.trailer.proof) } catch {
                throw .file(error)
            }
            guard leads else { throw .defect(.position) }
            checkpoint = file
        } catch {
            leftovers.append(name)
            switch error {
            case .file(let cause): complaint = "\(name) cannot be read (\(cause))"
            case .defect(let defect): complaint = "\(name) cannot be used: \(defect.description)"
            }
        }
    }
}
