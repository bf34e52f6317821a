public import CairnFiles
import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The error numbers a simulated disk gives of its own accord.
enum ErrorNumber {
    static let inputOutput = EIO
    static let badDescriptor = EBADF
    static let missing = ENOENT
    static let exists = EEXIST
    static let isDirectory = EISDIR
    static let notADirectory = ENOTDIR
    static let noSpace = ENOSPC
    static let tooManyFiles = EMFILE
}

/// The seam's calls. Memory safety: two of them copy between a span and an array, each within the bounds
/// that the span itself checks.
extension SimulatedFileSystem {
    /// Opens a file.
    public func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> FileID {
        try perform(.open, path) { state in
            guard state.disk.open.count < state.openFileCountMax else {
                return .failure(ErrorNumber.tooManyFiles)
            }
            let file: Int
            switch state.disk.names[path] {
            case .directory: return .failure(ErrorNumber.isDirectory)
            case .file(let known):
                if mode == .create { return .failure(ErrorNumber.exists) }
                file = known
            case nil:
                guard mode == .create || mode == .createIfMissing,
                    state.disk.names[DiskState.parent(of: path)] == .directory
                else { return .failure(ErrorNumber.missing) }
                file = state.disk.files.count
                state.disk.files.append(DiskFile())
                state.disk.changeNames(of: path, added: path, target: .file(file))
            }
            let descriptor = state.disk.nextDescriptor
            state.disk.nextDescriptor += 1
            state.disk.open[descriptor] = DiskState.OpenFile(
                path: path, file: file, canWrite: mode != .read)
            return .success(FileID(rawValue: descriptor))
        }
    }

    /// Closes a file and gives back its lock.
    public func close(_ file: FileID) throws(FileError) {
        let admission = admit(.close, path(of: file))
        let isKnown = state.withLock { state -> Bool in
            guard let opened = state.disk.open.removeValue(forKey: file.rawValue) else {
                return false
            }
            if state.disk.locks[opened.file] == file.rawValue {
                state.disk.locks[opened.file] = nil
            }
            return true
        }
        if case .fail(_, let code) = admission {
            throw FileError(operation: .close, path: "file \(file.rawValue)", code: code)
        }
        guard isKnown else {
            throw FileError(
                operation: .close, path: "file \(file.rawValue)", code: ErrorNumber.badDescriptor)
        }
    }

    /// Reads what programs see.
    public func read(
        _ file: FileID, at offset: Int64, into buffer: inout MutableRawSpan, from start: Int
    ) throws(FileError) -> Int {
        let path = path(of: file)
        var room = buffer.byteCount - start
        switch admit(.read, path) {
        case .go: break
        case .half: room = (room + 1) / 2
        case .fail(_, let code): throw FileError(operation: .read, path: path, code: code)
        }
        let part = state.withLock { state -> ArraySlice<UInt8>? in
            guard let opened = state.disk.open[file.rawValue] else { return nil }
            let bytes = state.disk.files[opened.file].bytes
            let from = min(Int(offset), bytes.count)
            return bytes[from..<min(from + room, bytes.count)]
        }
        guard let part else {
            throw FileError(operation: .read, path: path, code: ErrorNumber.badDescriptor)
        }
        unsafe buffer.withUnsafeMutableBytes { target in
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyBytes(from: part)
        }
        return part.count
    }

    /// Writes what programs see; a sync makes it durable.
    public func write(
        _ file: FileID, at offset: Int64, _ bytes: RawSpan
    ) throws(FileError) -> Int {
        let path = path(of: file)
        var new = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        var failure: Int32?
        switch admit(.write, path) {
        case .go: break
        case .half: new.removeLast(new.count / 2)
        case .fail(let fault, let code):
            failure = code
            // A write that failed may have written a part.
            new = fault == .inputOutput ? Array(new[..<(new.count / 2)]) : []
        }
        let outcome = state.withLock { state -> Outcome<Int> in
            guard let opened = state.disk.open[file.rawValue], opened.canWrite else {
                return .failure(ErrorNumber.badDescriptor)
            }
            let end = Int(offset) + new.count
            guard fits(end - state.disk.files[opened.file].bytes.count, state) else {
                return .failure(ErrorNumber.noSpace)
            }
            if !new.isEmpty { state.disk.files[opened.file].write(new, at: Int(offset)) }
            return failure.map { .failure($0) } ?? .success(new.count)
        }
        switch outcome {
        case .success(let count): return count
        case .failure(let code): throw FileError(operation: .write, path: path, code: code)
        }
    }

    /// Makes a file durable, or, when it fails, leaves a part of it on the platter for good.
    public func synchronize(_ file: FileID, _ scope: SynchronizeScope) throws(FileError) {
        let path = path(of: file)
        let admission = admit(.synchronize, path)
        let outcome = state.withLock { state -> Outcome<Void> in
            guard let opened = state.disk.open[file.rawValue] else {
                return .failure(ErrorNumber.badDescriptor)
            }
            guard case .fail(let fault, let code) = admission else {
                state.disk.files[opened.file].synchronize()
                return .success(())
            }
            if fault != nil {
                let left = state.disk.after(state.failedSyncKeeps).files[opened.file].durable
                state.disk.files[opened.file].failToSynchronize(leaving: left)
            }
            return .failure(code)
        }
        if case .failure(let code) = outcome {
            throw FileError(operation: .synchronize, path: path, code: code)
        }
    }

    /// A file's length as programs see it.
    public func byteCount(_ file: FileID) throws(FileError) -> Int64 {
        try performOnFile(.status, file) { state, opened in
            .success(Int64(state.disk.files[opened.file].bytes.count))
        }
    }

    /// Cuts or extends a file.
    public func truncate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try performOnFile(.truncate, file) { state, opened in
            state.disk.files[opened.file].resize(to: Int(byteCount))
            return .success(())
        }
    }

    /// Extends a file with zeros that have a place on the disk.
    public func preallocate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try performOnFile(.preallocate, file) { state, opened in
            let growth = Int(byteCount) - state.disk.files[opened.file].bytes.count
            guard growth > 0 else { return .success(()) }
            guard fits(growth, state) else { return .failure(ErrorNumber.noSpace) }
            state.disk.files[opened.file].resize(to: Int(byteCount))
            return .success(())
        }
    }

    /// Takes a file's lock, which ends when this descriptor is closed.
    public func lock(_ file: FileID) throws(FileError) -> Bool {
        try performOnFile(.lock, file) { state, opened in
            let holder = state.disk.locks[opened.file] ?? file.rawValue
            state.disk.locks[opened.file] = holder
            return .success(holder == file.rawValue)
        }
    }

    /// Which file it is; no two disks in memory are one device.
    public func identity(_ file: FileID) throws(FileError) -> FileIdentity {
        let device = UInt64(UInt(bitPattern: ObjectIdentifier(self)))
        return try performOnFile(.status, file) { _, opened in
            .success(FileIdentity(device: device, inode: UInt64(opened.file)))
        }
    }

    /// What is at `path`.
    public func kind(_ path: String) throws(FileError) -> FileKind? {
        try perform(.status, path) { state in
            .success(
                state.disk.names[path].map { target in
                    if case .file = target { .regular } else { .directory }
                })
        }
    }

    /// The names in a directory, sorted, so that a simulation never depends on their order.
    public func list(_ directory: String) throws(FileError) -> [String] {
        try perform(.list, directory) { state in
            switch state.disk.names[directory] {
            case nil: return .failure(ErrorNumber.missing)
            case .file: return .failure(ErrorNumber.notADirectory)
            case .directory:
                return .success(
                    state.disk.names.keys.filter { DiskState.parent(of: $0) == directory }
                        .map { String($0.dropFirst(directory.utf8.count + 1)) }.sorted())
            }
        }
    }

    /// Creates a directory, which is durable once its parent is.
    public func createDirectory(_ path: String) throws(FileError) {
        try perform(.createDirectory, path) { state -> Outcome<Void> in
            guard state.disk.names[path] == nil else { return .failure(ErrorNumber.exists) }
            guard state.disk.names[DiskState.parent(of: path)] == .directory else {
                return .failure(ErrorNumber.missing)
            }
            state.disk.changeNames(of: path, added: path, target: .directory)
            return .success(())
        }
    }

    /// Gives a file another name, in one step.
    public func rename(_ source: String, to target: String) throws(FileError) {
        try perform(.rename, source) { state -> Outcome<Void> in
            guard case .file? = state.disk.names[source], let found = state.disk.names[source]
            else {
                return .failure(ErrorNumber.missing)
            }
            state.disk.changeNames(of: target, removed: source, added: target, target: found)
            return .success(())
        }
    }

    /// Takes a file's name away.
    public func remove(_ path: String) throws(FileError) {
        try perform(.remove, path) { state -> Outcome<Void> in
            guard case .file? = state.disk.names[path] else {
                return .failure(ErrorNumber.missing)
            }
            state.disk.changeNames(of: path, removed: path)
            return .success(())
        }
    }

    /// Makes the names in a directory durable.
    public func synchronizeDirectory(_ path: String) throws(FileError) {
        try perform(.synchronizeDirectory, path) { state -> Outcome<Void> in
            guard state.disk.names[path] == .directory else {
                return .failure(ErrorNumber.missing)
            }
            state.disk.synchronizeNames(in: path)
            return .success(())
        }
    }

    private func fits(_ growth: Int, _ state: borrowing State) -> Bool {
        if growth <= 0 || state.byteCountMax == .max { return true }
        return state.disk.usedByteCount + growth <= state.byteCountMax
    }

    private func performOnFile<Value>(
        _ operation: FileError.Operation, _ file: FileID,
        _ body: (inout State, DiskState.OpenFile) -> Outcome<Value>
    ) throws(FileError) -> Value {
        try perform(operation, path(of: file)) { state in
            guard let opened = state.disk.open[file.rawValue] else {
                return .failure(ErrorNumber.badDescriptor)
            }
            return body(&state, opened)
        }
    }
}
