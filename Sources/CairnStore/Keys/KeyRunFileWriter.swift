import CairnFiles
import CairnPlatform

/// Merges runs into a file, a bounded step at a time.
///
/// States: merging → waiting until the commits it speaks of are durable → finishing, with a proof of how far
/// the log was → syncing → waiting until the proof is durable → published. It is put in place only then,
/// or a crash could leave keys of commits that never were.
struct KeyRunFileWriter {
    enum State: Hashable {
        case merging
        case waitingForCommits
        case finishing
        case syncing
        case waitingForProof
        case published
    }

    /// What to do after a step.
    enum Event {
        case again
        /// Wait until this commit is durable.
        case wait(UInt64)
        /// The run is in place; `nil` when it could not be written.
        case done(KeyRun?)
    }

    /// Keys a step merges: about a millisecond.
    private static let stepCount = 4096

    let parts: [KeyPart]
    let name: KeyRunName
    private(set) var state = State.merging
    private let file: DerivedFile
    private let fileSystem: any FileSystem
    private let store: StoreID
    private var merge: RunMerge
    private var offset = 0
    private var proof: LogPosition?

    /// Begins to merge `parts`, which are runs.
    init(
        _ parts: [KeyPart], of keys: KeyLog, in directory: String, _ fileSystem: any FileSystem
    ) throws(KeyRunError) {
        let runs = parts.compactMap(\.run)
        self.parts = parts
        self.fileSystem = fileSystem
        store = keys.store
        let writer = KeyRunWriter(merging: runs, salt: keys.salt())
        // Nothing is older than the first part: what it says is gone needs no mention.
        merge = try RunMerge(
            runs, into: writer,
            dropTombstones: parts[0].stretch.firstSequence == 1
                || PlantedBug.dropRunTombstones.isPlanted)
        name = KeyRunName(
            firstSequence: writer.header.firstSequence, lastSequence: writer.header.lastSequence)
        do throws(FileError) {
            file = try DerivedFile(name.fileName, in: directory, fileSystem)
        } catch { throw .file(error) }
    }

    /// Does the next bounded piece of work.
    /// - Parameters:
    ///   - durable: everything up to this commit is durable.
    ///   - written: how far the log has been written.
    mutating func step(durable: UInt64, written: LogPosition) throws(KeyRunError) -> Event {
        switch state {
        case .merging:
            let isDone = try merge.step(entries: Self.stepCount)
            try flush()
            if isDone { state = .waitingForCommits }
            return .again
        case .waitingForCommits:
            guard durable >= name.lastSequence || PlantedBug.publishRunEarly.isPlanted else {
                return .wait(name.lastSequence)
            }
            state = .finishing
            return .again
        case .finishing:
            proof = written
            merge.writer.finish(proof: written)
            try flush()
            state = .syncing
            return .again
        case .syncing:
            try attempt { () throws(FileError) in try file.synchronize() }
            state = .waitingForProof
            return .again
        case .waitingForProof:
            if let proof, durable + 1 < proof.nextSequence { return .wait(proof.nextSequence - 1) }
            try attempt { () throws(FileError) in try file.publish() }
            state = .published
            let path = file.directory + "/" + name.fileName
            var source: KeyRunSource?
            try attempt { () throws(FileError) in
                source = try .file(try File(path, .read, in: fileSystem))
            }
            guard let source else { return .done(nil) }
            return .done(try KeyRun.open(source, store: store, name: name))
        case .published: return .done(nil)
        }
    }

    /// Leaves nothing behind.
    func abandon() {
        if state != .published { file.abandon() }
    }

    private mutating func flush() throws(KeyRunError) {
        let bytes = merge.writer.takeBytes()
        guard !bytes.isEmpty else { return }
        let start = offset
        try attempt { () throws(FileError) in try file.write(bytes, at: start) }
        offset += bytes.count
    }

    private func attempt(_ body: () throws(FileError) -> Void) throws(KeyRunError) {
        do throws(FileError) { try body() } catch { throw .file(error) }
    }
}
