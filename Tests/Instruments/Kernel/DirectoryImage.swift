import CairnFiles

/// The names and bytes of the regular files in a directory, to see whether anything was changed.
///
/// Leaves out `LOCK`: whoever takes the lock writes its process id there, which no open believes.
struct DirectoryImage: Equatable {
    private var files: [String: [UInt8]] = [:]

    init(_ directory: String) throws {
        let system = PosixFileSystem()
        for name in try system.list(directory) where name != "LOCK" {
            guard try system.kind(directory + "/" + name) == .regular else { continue }
            let file = try File(directory + "/" + name, .read, in: system)
            files[name] = try file.read(at: 0, byteCount: Int(try file.byteCount()))
        }
    }

    /// All names, `LOCK` too.
    var names: [String] { files.keys.sorted() + ["LOCK"] }

    /// Writes the files into `directory`, which must be there.
    func write(to directory: String) throws {
        for (name, bytes) in files {
            let file = try File(directory + "/" + name, .create, in: PosixFileSystem())
            try file.write(bytes, at: 0)
        }
    }
}
