import CairnFiles
import CairnPlatform

/// A store's folder as found: which files are there, and whether they are what the manifest says.
struct StoreDirectory {
    let path: String
    let fileSystem: any FileSystem

    /// Makes sure that `path` is a directory of ours to use, creating it when nothing is there.
    func create() throws(StoreError) {
        do throws(FileError) {
            switch try fileSystem.kind(path) {
            case .directory: return
            case nil: return try fileSystem.createDirectory(path)
            case .regular, .other:
                // A symbolic link to a directory is followed once, here.
                if try isDirectory() { return }
            }
        } catch {
            throw StoreError(error, while: "cannot open a store in \(path)")
        }
        throw StoreError(
            .notADirectory,
            "cannot open a store in \(path): expected a directory, found a file; give another path")
    }

    /// Makes the directory's own name durable, before anything in it counts: whoever made it may have
    /// died before doing so.
    func synchronizeName() throws(StoreError) {
        if PlantedBug.storeDirectoryNotSynced.isPlanted { return }
        do throws(FileError) {
            try fileSystem.synchronizeDirectory(Self.parent(of: path))
        } catch {
            // A directory that somebody else keeps for us in one of theirs has long been durable.
            if error.isPermission { return }
            throw StoreError(error, while: "cannot found a store in \(path)")
        }
    }

    /// Makes sure that there is a store to look at, creating nothing.
    func requireStore() throws(StoreError) {
        let names = try naming("cannot look for a store in \(path)") { () throws(FileError) in
            try isDirectory() ? fileSystem.list(path) : nil
        }
        guard let names else {
            throw StoreError(.missing, "there is no store in \(path): it is not a directory")
        }
        let isStore = names.contains { name in
            name == Manifest.fileName || SegmentIdentity.number(inFileName: name) != nil
        }
        guard isStore else {
            throw StoreError(
                .missing, "there is no store in \(path): it holds no \(Manifest.fileName)")
        }
    }

    /// Whether `path` leads to a directory, through a symbolic link or not. What the disk refuses to
    /// say is an error, never a no.
    private func isDirectory() throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try fileSystem.list(path)
            return true
        } catch {
            guard error.isMissing || error.isNotADirectory else { throw error }
            return false
        }
    }

    /// Takes the directory for this owner.
    func lock() throws(StoreError) -> DirectoryLock {
        do throws(DirectoryLock.Refusal) {
            return try DirectoryLock(directory: path, in: fileSystem)
        } catch {
            switch error {
            case .held(let holder):
                let who = holder.map { "process \($0)" } ?? "another process"
                throw StoreError(
                    .locked,
                    "cannot open the store in \(path): \(who) has it open; close that first")
            case .file(let cause):
                throw StoreError(cause, while: "cannot lock the store in \(path)")
            }
        }
    }

    /// The manifest, or `nil` in a directory that holds no store yet.
    func manifest() throws(StoreError) -> Manifest? {
        let file = path + "/" + Manifest.fileName
        let doing = "cannot read \(file)"
        guard try exists(file) else {
            guard let orphan = try segmentNames().min() else { return nil }
            throw StoreError(
                .missing,
                "\(file) is missing, but \(path)/\(orphan) is there; restore the manifest or a "
                    + "copy of the whole store")
        }
        let bytes = try naming(doing) { () throws(FileError) in
            let handle = try File(file, .read, in: fileSystem)
            return try handle.read(at: 0, byteCount: min(Int(try handle.byteCount()), 1 << 20))
        }
        switch Manifest.decode(bytes) {
        case .success(let manifest): return manifest
        case .failure(let defect): throw Self.error(for: defect, in: file)
        }
    }

    /// Opens a segment that the manifest names and checks that it is the one meant.
    func open(
        _ entry: Manifest.Segment, of store: StoreID, _ mode: FileOpenMode
    ) throws(StoreError) -> Segment {
        let identity = SegmentIdentity(store: store, number: entry.number, salt: entry.salt)
        let file = path + "/" + identity.fileName
        let doing = "cannot open \(file)"
        guard try exists(file) else {
            throw StoreError(
                .missing,
                "\(file) is missing: the manifest names it; restore it or a copy of the store")
        }
        let handle = try naming(doing) { () throws(FileError) in
            try File(file, mode, in: fileSystem)
        }
        let header = try naming(doing) { () throws(FileError) in
            try handle.read(at: 0, byteCount: SegmentHeader.byteCount)
        }
        try check(header, file, expected: identity)
        return Segment(identity: identity, path: file, file: handle)
    }

    /// Looks for segment files that the manifest does not name. What an interrupted creation left may
    /// stay: it is replaced when that segment is made.
    /// - Throws: `.corrupt` when it holds commits, which an older manifest does not know; `.foreign` for
    ///   any other: it is somebody's mistake, and may be data.
    func checkStrangers(_ manifest: Manifest) throws(StoreError) {
        let known = Set(manifest.segments.map(\.number))
        for name in try segmentNames().sorted() {
            guard let number = SegmentIdentity.number(inFileName: name), !known.contains(number)
            else { continue }
            try checkStranger(name, number, manifest)
        }
    }

    /// Looks at one segment file that the manifest does not name.
    func checkStranger(
        _ name: String, _ number: UInt64, _ manifest: Manifest
    ) throws(StoreError) {
        let file = path + "/" + name
        guard number == manifest.nextSegment, try isOurs(file, manifest) else {
            throw StoreError(
                .foreign,
                "\(file) is not part of this store (\(try describe(file, manifest))); "
                    + "move it out of the directory")
        }
        guard try isEmpty(file) else {
            throw StoreError(
                .corrupt,
                "\(file) holds commits, but \(path)/\(Manifest.fileName) does not name it: expected "
                    + "a newer manifest; restore it, or a copy of the whole store")
        }
    }

    func segmentNames() throws(StoreError) -> [String] {
        try naming("cannot list \(path)") { () throws(FileError) in try fileSystem.list(path) }
            .filter { SegmentIdentity.number(inFileName: $0) != nil }
    }

    /// Whether a file under the next number is what an interrupted creation leaves: our own header,
    /// or less than a whole one.
    private func isOurs(_ file: String, _ manifest: Manifest) throws(StoreError) -> Bool {
        guard try isRegular(file) else { return false }
        return switch try header(of: file) {
        case .success(let header):
            header.identity.store == manifest.store
                && header.identity.number == manifest.nextSegment
        case .failure(.short), .failure(.magic), .failure(.checksum): true
        case .failure: false
        }
    }

    /// Whether a segment file holds no frame. Nothing goes into one before the manifest names it.
    private func isEmpty(_ file: String) throws(StoreError) -> Bool {
        guard case .success(let header) = try header(of: file) else { return true }
        return try naming("cannot read \(file)") { () throws(FileError) in
            let segment = Segment(
                identity: header.identity, path: file,
                file: try File(file, .read, in: fileSystem))
            var scanner = SegmentScanner(segment, chain: 0, nextSequence: 0)
            return try !scanner.holdsFrames()
        }
    }

    private func describe(_ file: String, _ manifest: Manifest) throws(StoreError) -> String {
        guard try isRegular(file) else { return "it is not a regular file" }
        guard case .success(let header) = try header(of: file) else {
            return "the manifest does not name it"
        }
        if header.identity.store != manifest.store { return "it belongs to another store" }
        if SegmentIdentity.number(inFileName: String(file.dropFirst(path.count + 1)))
            != header.identity.number
        {
            return "it is a copy of segment \(header.identity.number)"
        }
        return "the manifest does not name it"
    }

    private func header(
        of file: String
    ) throws(StoreError) -> Result<SegmentHeader, HeaderDefect> {
        let bytes = try naming("cannot read \(file)") { () throws(FileError) in
            let handle = try File(file, .read, in: fileSystem)
            return try handle.read(at: 0, byteCount: SegmentHeader.byteCount)
        }
        return SegmentHeader.decode(bytes)
    }

    /// Whether there is a regular file.
    private func isRegular(_ file: String) throws(StoreError) -> Bool {
        try naming("cannot look at \(file)") { () throws(FileError) in
            try fileSystem.kind(file) == .regular
        }
    }

    /// Whether there is a file.
    /// - Throws: `.foreign` when there is something else.
    private func exists(_ file: String) throws(StoreError) -> Bool {
        switch try naming(
            "cannot look at \(file)",
            { () throws(FileError) in
                try fileSystem.kind(file)
            })
        {
        case .regular: return true
        case nil: return false
        case .directory, .other:
            throw StoreError(
                .foreign, "\(file) is not a regular file; move it away and put the right one back")
        }
    }

    private func check(
        _ bytes: [UInt8], _ file: String, expected: SegmentIdentity
    ) throws(StoreError) {
        switch SegmentHeader.decode(bytes) {
        case .success(let header):
            guard header.identity.store == expected.store else {
                throw StoreError(
                    .foreign,
                    "\(file) belongs to store \(header.identity.store.hexadecimal), expected "
                        + "\(expected.store.hexadecimal); put the right file back")
            }
            guard header.identity == expected else {
                throw StoreError(
                    .foreign,
                    "\(file) is segment \(header.identity.number) with another history, expected "
                        + "segment \(expected.number) as the manifest names it; put the right file "
                        + "back")
            }
        case .failure(.version(let version)):
            throw Self.unsupported(version, in: file)
        case .failure(.feature(let role, let encryption, let dictionary)):
            throw StoreError(
                .unsupportedVersion,
                "\(file) uses role \(role), encryption \(encryption), dictionary \(dictionary), "
                    + "which this version does not read; open it with the version that wrote it")
        case .failure(let defect):
            throw StoreError(
                .corrupt,
                "\(file): the header at offset 0 is damaged (\(defect)); restore a copy of the "
                    + "file, or look with `cairn store verify`")
        }
    }

    private static func error(for defect: Manifest.Defect, in file: String) -> StoreError {
        if case .version(let version) = defect { return unsupported(version, in: file) }
        if case .flags(let flags) = defect {
            return StoreError(
                .unsupportedVersion,
                "\(file) has flags \(flags), of which this version reads 1; open it with the version "
                    + "that wrote it")
        }
        return StoreError(
            .corrupt,
            "\(file) is damaged (\(defect)); restore a copy of it, or look with "
                + "`cairn store verify`")
    }

    private static func unsupported(_ version: UInt16, in file: String) -> StoreError {
        StoreError(
            .unsupportedVersion,
            "\(file) has format version \(version), this version reads "
                + "\(FormatVersion.current.rawValue); open it with the version that wrote it")
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
