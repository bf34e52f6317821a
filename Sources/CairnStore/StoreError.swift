public import CairnFiles

/// Why the store refused. Kinds are named by what the caller can do about it.
public struct StoreError: Error, Sendable, Hashable {
    /// What the caller can do.
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// Bytes on disk are not what was written. Restore a copy, or look with `cairn store verify`;
        /// trying again cannot help.
        case corrupt
        /// A file that the store's own records name is not there. Restore it, or a copy of the store.
        case missing
        /// The directory holds something that is not part of this store. Move it away.
        case foreign
        /// Somebody else has the directory open. Close that first.
        case locked
        /// The directory may not be read or written by this user. Change its owner or mode.
        case permission
        /// What should be a directory is a file, or the other way round. Give another path.
        case notADirectory
        /// Written by a newer version. Upgrade, or open it with the version that wrote it.
        case unsupportedVersion
        /// The disk is full. Nothing was written; make room and do it again.
        case noSpace
        /// An earlier write or sync failed, so what is on disk is unknown. Close and open again:
        /// recovery decides. Commits that were waiting have an unknown outcome.
        case poisoned
        /// The commit this one builds on failed, so this one was not made.
        case predecessorFailed
        /// The request breaks a documented limit. Change the request.
        case invalid
        /// The store has been closed.
        case closed
        /// The file system refused for another reason; `cause` says which.
        case inputOutput
    }

    /// What the caller can do.
    public let kind: Kind
    /// What happened, where, what was expected and found, and what to do.
    public let message: String
    /// The file system's word, where it was the cause.
    public let cause: FileError?

    /// Makes an error.
    public init(_ kind: Kind, _ message: String, cause: FileError? = nil) {
        self.kind = kind
        self.message = message
        self.cause = cause
    }
}

extension StoreError: CustomStringConvertible {
    /// The message, and the file system's word behind it.
    public var description: String {
        if let cause { "\(message): \(cause)" } else { message }
    }
}
