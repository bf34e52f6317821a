import CairnFiles
import CairnPlatform

/// A file that is derived from the log, on its way: written under a temporary name, then put in place.
///
/// Nothing of the store depends on it, so a failure only means to go on without it.
final class DerivedFile: Sendable {
    static let temporarySuffix = ".new"

    let directory: String
    let name: String
    private let fileSystem: any FileSystem
    private let file: File

    /// Creates the file in place of what an interrupted attempt left.
    init(_ name: String, in directory: String, _ fileSystem: any FileSystem) throws(FileError) {
        self.directory = directory
        self.name = name
        self.fileSystem = fileSystem
        let path = directory + "/" + name + Self.temporarySuffix
        if try fileSystem.kind(path) != nil { try fileSystem.remove(path) }
        file = try File(path, .create, in: fileSystem)
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        try file.write(bytes, at: Int64(offset))
    }

    /// Makes what has been written durable.
    func synchronize() throws(FileError) {
        if !PlantedBug.derivedNotSynced.isPlanted { try file.synchronize(.all) }
    }

    /// Puts the file in place. All that it speaks of is durable.
    func publish() throws(FileError) {
        try fileSystem.rename(
            directory + "/" + name + Self.temporarySuffix, to: directory + "/" + name)
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Takes the file away again.
    func abandon() {
        try? fileSystem.remove(directory + "/" + name + Self.temporarySuffix)
    }
}
