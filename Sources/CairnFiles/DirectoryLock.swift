import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Holds a directory for one owner: one process, and within it one owner too.
///
/// `flock` on the file `LOCK` keeps other processes out and ends with the process, however it ends.
/// It does not keep out a second owner in the same process, so a registry keyed by device and
/// inode does. The file's text names the process for whoever comes second; it is never believed.
///
/// Not for network file systems, whose locks do not hold.
public struct DirectoryLock: ~Copyable, Sendable {
    /// Why the lock was not given.
    public enum Refusal: Error, Sendable, Hashable {
        /// Another owner holds the directory: its process id, if the file says it.
        case held(processID: Int32?)
        /// The file system refused.
        case file(FileError)
    }

    private let file: File
    private let identity: FileIdentity

    /// Takes the lock of `directory`, or says who has it.
    public init(
        directory: String, in fileSystem: any FileSystem
    ) throws(Refusal) {
        let processID = getpid()
        let file = try Self.lockFile(of: directory, in: fileSystem)
        let identity = try Self.identity(of: file)
        // The registry first: a second `flock` through another descriptor of this process would be
        // refused too, but with our own process id in the file.
        guard
            Self.owned.withLock({ $0.insert(identity).inserted })
                || PlantedBug.letSecondOpenerIn.isPlanted
        else {
            throw .held(processID: processID)
        }
        do throws(Refusal) {
            try Self.claim(file, for: processID)
        } catch {
            Self.release(identity)
            throw error
        }
        self.file = file
        self.identity = identity
    }

    deinit { Self.release(identity) }

    private static let owned = Locked<Set<FileIdentity>>([])

    private static func release(_ identity: FileIdentity) {
        owned.withLock { _ = $0.remove(identity) }
    }

    private static func lockFile(
        of directory: String, in fileSystem: any FileSystem
    ) throws(Refusal) -> File {
        do throws(FileError) {
            return try File(directory + "/LOCK", .createIfMissing, in: fileSystem)
        } catch { throw .file(error) }
    }

    private static func identity(of file: borrowing File) throws(Refusal) -> FileIdentity {
        do throws(FileError) { return try file.identity() } catch { throw .file(error) }
    }

    private static func claim(_ file: borrowing File, for processID: Int32) throws(Refusal) {
        do throws(FileError) {
            if try file.lock() || PlantedBug.letSecondOpenerIn.isPlanted {
                let text = Array("\(processID)\n".utf8)
                try file.truncate(to: 0)
                try file.write(text, at: 0)
                return
            }
        } catch { throw .file(error) }
        throw .held(processID: holder(of: file))
    }

    private static func holder(of file: borrowing File) -> Int32? {
        guard let bytes = try? file.read(at: 0, byteCount: 16) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
    }
}
