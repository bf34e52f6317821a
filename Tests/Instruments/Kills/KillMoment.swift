import CairnFiles

/// Where in a call of the file system the writer kills itself.
enum KillMoment: UInt64, CaseIterable, Sendable, CustomStringConvertible {
    /// Nothing of the call has happened.
    case before
    /// A write has written three quarters of its bytes, so that a batch that spans two frames is most
    /// often cut behind the first; other calls have happened whole.
    case halfway
    /// The call has happened; its caller does not know.
    case after

    var description: String {
        switch self {
        case .before: "before"
        case .halfway: "halfway through"
        case .after: "after"
        }
    }

    /// The calls, in an order by which a message can name them.
    static let operations: [FileError.Operation] = [
        .open, .close, .read, .write, .synchronize, .status, .truncate, .preallocate, .lock, .list,
        .createDirectory, .rename, .remove, .synchronizeDirectory,
    ]
}
