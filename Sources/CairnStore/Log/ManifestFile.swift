import CairnFiles
import CairnPlatform

/// The manifest on disk: read once, then replaced whole by every change.
///
/// A change writes `MANIFEST.new`, syncs it, renames it over `MANIFEST` and syncs the directory, so
/// a crash leaves the old manifest or the new one. Does I/O under its own lock, which no reader of
/// data takes. Lock order: outermost of the store's locks.
final class ManifestFile: Sendable {
    private struct State {
        var manifest: Manifest
    }

    /// How a change failed.
    enum Failure: Error {
        /// The old manifest stands; nothing has happened.
        case unchanged(FileError)
        /// Which of the two stands will only be known after a crash or a reopen.
        case unknown(FileError)
    }

    private let directory: String
    private let fileSystem: any FileSystem
    private let state: Locked<State>

    /// Wraps a manifest that is on disk, or is about to be.
    init(_ manifest: Manifest, directory: String, fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
        state = Locked(State(manifest: manifest))
    }

    var current: Manifest { state.withLock { $0.manifest } }

    /// Makes `change` durable.
    func update(_ change: (inout Manifest) -> Void) throws(Failure) {
        try state.withLock { state throws(Failure) in
            var manifest = state.manifest
            change(&manifest)
            try write(manifest)
            state.manifest = manifest
        }
    }

    /// Makes sure that a change would be let begin, and leaves nothing behind.
    ///
    /// For openers: they change other files before the manifest, and must not do so where the
    /// directory may not be written, or holds what cannot be replaced.
    func rehearse() throws(FileError) {
        try makeTemporary().close()
        try fileSystem.remove(temporary)
    }

    private var temporary: String { directory + "/" + Manifest.temporaryFileName }

    /// Makes the file that will be renamed, in place of what an interrupted change left.
    private func makeTemporary() throws(FileError) -> File {
        if try fileSystem.kind(temporary) != nil { try fileSystem.remove(temporary) }
        return try File(temporary, .create, in: fileSystem)
    }

    private func write(_ manifest: Manifest) throws(Failure) {
        do throws(FileError) {
            let file = try makeTemporary()
            try file.write(manifest.encoded(), at: 0)
            if !PlantedBug.manifestNotSynced.isPlanted { try file.synchronize(.all) }
            try file.close()
        } catch { throw .unchanged(error) }
        do throws(FileError) {
            try fileSystem.rename(temporary, to: directory + "/" + Manifest.fileName)
        } catch {
            // A directory without room is refused before it is changed.
            throw error.isOutOfSpace ? .unchanged(error) : .unknown(error)
        }
        do throws(FileError) {
            if !PlantedBug.manifestWithoutDirectorySync.isPlanted {
                try fileSystem.synchronizeDirectory(directory)
            }
        } catch { throw .unknown(error) }
    }
}
