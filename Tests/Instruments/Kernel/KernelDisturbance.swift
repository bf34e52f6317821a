import CairnFiles

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What somebody does to the directory of a store that is open.
enum KernelDisturbance: String, CaseIterable, Sendable {
    /// Renames the directory.
    case rename
    /// Removes the files and the directory.
    case remove
    /// Removes the manifest.
    case unlinkManifest
    /// Removes the first segment.
    case unlinkSegment
    /// Cuts all segments to nothing.
    case truncateAll
    /// Cuts the segment that is being written to in the middle of its frames.
    case truncateLast

    /// Where `rename` puts the directory.
    static func renamed(_ directory: String) -> String { directory + "-renamed" }

    /// Whether what was acknowledged must be there afterwards, under the old name or the new one.
    var keepsData: Bool { self == .rename }

    /// Does it.
    /// - Returns: its name.
    func happen(to directory: String) -> String {
        let names = (try? PosixFileSystem().list(directory)) ?? []
        let segments = names.filter { $0.hasSuffix(".segment") }.sorted()
        switch self {
        case .rename: _ = systemRename(directory, Self.renamed(directory))
        case .remove:
            for name in names { _ = unsafe unlink(directory + "/" + name) }
            _ = unsafe rmdir(directory)
        case .unlinkManifest: _ = unsafe unlink(directory + "/MANIFEST")
        case .unlinkSegment: _ = unsafe unlink(directory + "/" + (segments.first ?? "?"))
        case .truncateAll:
            for name in segments { _ = systemTruncate(directory + "/" + name, 0) }
        case .truncateLast:
            // The one before the spare, if there is one.
            for name in segments.suffix(2) {
                _ = systemTruncate(directory + "/" + name, 4096 + 100)
            }
        }
        return rawValue
    }
}

private func systemRename(_ source: String, _ target: String) -> Int32 {
    unsafe rename(source, target)
}

private func systemTruncate(_ path: String, _ byteCount: off_t) -> Int32 {
    unsafe truncate(path, byteCount)
}
