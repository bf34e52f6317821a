import Foundation

/// What a directory takes on the disk, and what of it lies in memory.
///
/// `unsafe`: paths go into system calls for the length of the call.
enum DiskUsage {
    /// The files below `directory`.
    static func files(in directory: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String }
        return (names ?? []).sorted().map { directory + "/" + $0 }
            .filter { path in
                var isDirectory: ObjCBool = false
                let exists = unsafe FileManager.default.fileExists(
                    atPath: path, isDirectory: &isDirectory)
                return exists && !isDirectory.boolValue
            }
    }

    /// Blocks allocated, after everything was written down.
    static func allocatedByteCount(of directory: String) -> Int {
        synchronize(directory)
        return files(in: directory).reduce(0) { sum, path in
            var status = stat()
            return unsafe stat(path, &status) == 0 ? sum + Int(status.st_blocks) * 512 : sum
        }
    }

    /// Waits until all files are on the platter.
    static func synchronize(_ directory: String) {
        for path in files(in: directory) { withDescriptor(path) { _ = fsync($0) } }
    }

    /// Makes the next read of each file one from the disk.
    static func dropFromCache(_ directory: String) {
        synchronize(directory)
        #if os(Linux)
            for path in files(in: directory) {
                withDescriptor(path) { _ = posix_fadvise($0, 0, 0, POSIX_FADV_DONTNEED) }
            }
        #endif
    }

    private static func withDescriptor(_ path: String, _ body: (Int32) -> Void) {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return }
        body(descriptor)
        close(descriptor)
    }
}
