import CPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why the file system refused: which call, on which path, with which error number.
public struct FileError: Error, Sendable, Hashable {
    /// The call that failed.
    public enum Operation: String, Sendable, Hashable {
        case open, close, read, write, synchronize, status, truncate, preallocate, lock, list
        case createDirectory = "create directory"
        case rename, remove
        case synchronizeDirectory = "synchronize directory"
    }

    /// The call that failed.
    public let operation: Operation
    /// What it was called on.
    public let path: String
    /// The system's error number (`errno`).
    public let code: Int32

    /// Describes a failed call.
    public init(operation: Operation, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// No space, no quota or no room under the size limit: the call may succeed later.
    public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    /// A signal came in between: the call may simply be made again.
    public var isInterruption: Bool { code == EINTR }

    /// Nothing is there under that name.
    public var isMissing: Bool { code == ENOENT }

    /// What is there, or on the way there, is not a directory.
    public var isNotADirectory: Bool { code == ENOTDIR }

    /// The process, or the system, has too many files open: the call may succeed later.
    public var isOutOfFiles: Bool { code == EMFILE || code == ENFILE }

    /// The caller may not do that to this file.
    public var isPermission: Bool { code == EACCES || code == EPERM || code == EROFS }
}

extension FileError: CustomStringConvertible {
    /// For example `cannot open /data/LOCK: Permission denied (errno 13)`.
    public var description: String {
        "cannot \(operation.rawValue) \(path): \(Self.text(of: code)) (errno \(code))"
    }

    private static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        unsafe buffer.withUnsafeMutableBufferPointer { bytes in
            unsafe cairn_error_text(code, bytes.baseAddress, bytes.count)
        }
        let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }
}
