public import CairnFiles

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One call of a simulated disk.
public struct DiskCall: Sendable, Hashable {
    /// Which call it is since the disk was made, from 0.
    public let index: Int
    /// What was called.
    public let operation: FileError.Operation
    /// What it was called on.
    public let path: String

    /// Whether it may change what is on the disk.
    public var isChange: Bool {
        switch operation {
        case .write, .synchronize, .truncate, .preallocate, .createDirectory, .rename, .remove,
            .synchronizeDirectory, .open:
            true
        case .close, .read, .status, .lock, .list: false
        }
    }
}

/// What goes wrong in a call.
public enum DiskFault: Sendable, Hashable, CaseIterable {
    /// EIO. A write may have written a part. A failed sync leaves some of what was not yet durable on
    /// the platter, and the kernel holds the rest for clean: no later sync writes it.
    case inputOutput
    /// ENOSPC.
    case noSpace
    /// A read or write does half of what it was asked for. Other calls are not touched.
    case short
    /// EINTR.
    case interrupted
    /// EMFILE, of calls that open something. Other calls are not touched.
    case tooManyFiles

    /// The error number the call fails with, if it fails.
    var code: Int32? {
        switch self {
        case .inputOutput: EIO
        case .noSpace: ENOSPC
        case .interrupted: EINTR
        case .tooManyFiles: EMFILE
        case .short: nil
        }
    }

    /// Whether `operation` can meet this fault. A call that only asks or gives back can run out of
    /// nothing, and the calls that Linux never interrupts are never interrupted.
    public func applies(to operation: FileError.Operation) -> Bool {
        switch self {
        case .inputOutput: operation != .lock && operation != .close
        case .noSpace:
            [.write, .preallocate, .createDirectory, .rename, .open, .synchronize].contains(
                operation)
        case .short: operation == .read || operation == .write
        case .interrupted:
            [.read, .write, .open, .preallocate, .truncate, .lock].contains(operation)
        case .tooManyFiles:
            operation == .open || operation == .list || operation == .synchronizeDirectory
        }
    }
}
