/// All of a simulated disk: files, names, and what of both is only in memory.
///
/// A value: a copy is a snapshot, and costs nothing until one of the two changes.
struct DiskState: Sendable {
    /// What a path leads to.
    enum Target: Hashable, Sendable {
        case file(Int)
        case directory
    }

    /// A change of names that no sync of the directory has made durable.
    struct NameChange: Sendable {
        /// The directory whose sync makes it durable.
        let directory: String
        /// Names taken away.
        var removed: String?
        /// A name that now leads to `target`.
        var added: String?
        var target: Target?

        func apply(to names: inout [String: Target]) {
            if let removed { names[removed] = nil }
            if let added { names[added] = target }
        }
    }

    struct OpenFile: Sendable {
        let path: String
        let file: Int
        let canWrite: Bool
    }

    /// Every file there has ever been; a `Target.file` is an index.
    var files: [DiskFile] = []
    /// What programs see.
    var names: [String: Target] = [:]
    /// What is on the platter for certain.
    var durableNames: [String: Target] = [:]
    var pendingNames: [NameChange] = []
    var open: [Int32: OpenFile] = [:]
    /// The descriptor that holds a file's lock.
    var locks: [Int: Int32] = [:]
    var nextDescriptor: Int32 = 3

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    mutating func changeNames(
        of path: String, removed: String? = nil, added: String? = nil, target: Target? = nil
    ) {
        let change = NameChange(
            directory: Self.parent(of: path), removed: removed, added: added, target: target)
        change.apply(to: &names)
        pendingNames.append(change)
    }

    /// Makes the names in `directory` durable.
    mutating func synchronizeNames(in directory: String) {
        for change in pendingNames where change.directory == directory {
            change.apply(to: &durableNames)
        }
        pendingNames.removeAll { $0.directory == directory }
    }

    /// Bytes of all files that have a name or are open.
    var usedByteCount: Int {
        var used = Set(open.values.map(\.file))
        for case .file(let file) in names.values { used.insert(file) }
        return used.reduce(0) { $0 + files[$1].bytes.count }
    }

    /// A disk as it comes up with this content, all of it durable and nothing open.
    static func fresh(_ contents: [String: [UInt8]], directories: [String]) -> DiskState {
        var state = DiskState()
        for directory in directories { state.names[directory] = .directory }
        for (path, bytes) in contents.sorted(by: { $0.key < $1.key }) {
            state.names[path] = .file(state.files.count)
            state.files.append(DiskFile(bytes))
        }
        state.durableNames = state.names
        return state
    }

    /// The disk as the next program finds it after this one was killed: the kernel has everything.
    func afterKill() -> DiskState {
        var state = self
        state.open = [:]
        state.locks = [:]
        return state
    }
}
