import CairnFiles
import CairnPlatform

/// Keeps the order of keys in few runs: sorts, merges and writes what `KeyMergePlan` says, in steps.
///
/// Not thread-safe: the indexer owns it.
struct KeyCompactor {
    /// What a step has come to.
    enum Event {
        /// Something has been done, and there may be more.
        case again
        /// This commit must become durable first.
        case wait(UInt64)
        /// There is nothing to do.
        case idle
    }

    private let keys: KeyLog
    private let directory: String
    private let fileSystem: any FileSystem
    private var writing: KeyRunFileWriter?
    /// Files are not tried again before the newest part is another one.
    private var refusedAt: UInt64?

    init(_ keys: KeyLog, in directory: String, _ fileSystem: any FileSystem) {
        self.keys = keys
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Does the next bounded piece of work.
    /// - Parameters:
    ///   - durable: everything up to this commit is durable.
    ///   - written: how far the log has been written.
    ///   - flush: put all there is into files.
    ///   - filesAllowed: whether files may be written.
    mutating func step(
        durable: UInt64, written: LogPosition, flush: Bool, filesAllowed: Bool
    ) -> Event {
        if !filesAllowed { abandon() }
        let parts = keys.parts
        let newest = parts.last?.stretch.lastSequence
        let mayWrite = filesAllowed && (refusedAt == nil || refusedAt != newest)
        // What is unsorted comes first: listings pay for it.
        if let unsorted = parts.first(where: { $0.run == nil }) { return sort(unsorted) }
        if writing != nil { return write(durable, written) }
        switch KeyMergePlan.next(
            parts, stretchByteCount: keys.stretchByteCount, flush: flush, filesAllowed: mayWrite)
        {
        case nil: return .idle
        case .sort(let index): return sort(parts[index])
        case .merge(let range): return merge(Array(parts[range]))
        case .write(let range):
            do throws(KeyRunError) {
                writing = try KeyRunFileWriter(
                    Array(parts[range]), of: keys, in: directory, fileSystem)
            } catch { refuse() }
            return .again
        }
    }

    /// Forgets the file that is being written.
    mutating func abandon() {
        writing?.abandon()
        writing = nil
    }

    private mutating func refuse() {
        abandon()
        refusedAt = keys.parts.last?.stretch.lastSequence
    }

    private func sort(_ part: KeyPart) -> Event {
        // What is in memory cannot be damaged.
        do throws(KeyRunError) { try keys.sort(part) } catch { return .idle }
        return .again
    }

    private func merge(_ parts: [KeyPart]) -> Event {
        do throws(KeyRunError) { try keys.merge(parts) } catch { return .idle }
        return .again
    }

    private mutating func write(_ durable: UInt64, _ written: LogPosition) -> Event {
        guard var writer = writing else { return .again }
        do throws(KeyRunError) {
            let event = try writer.step(durable: durable, written: written)
            writing = writer
            switch event {
            case .again: return .again
            case .wait(let sequence): return .wait(sequence)
            case .done(let run):
                writing = nil
                guard let run else { return .again }
                keys.replace(writer.parts, with: run, file: writer.name)
                remove(writer.parts, except: writer.name)
                refusedAt = nil
                return .again
            }
        } catch {
            writing = writer
            refuse()
            return .again
        }
    }

    /// The files of runs that have become a part of another are not needed any more. Listings that began
    /// before have them open.
    private func remove(_ parts: [KeyPart], except name: KeyRunName) {
        for case let file? in parts.map(\.file) where file != name {
            try? fileSystem.remove(directory + "/" + file.fileName)
        }
    }
}
