#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What may be found where a regular file should be.
enum StrangeFile: String, CaseIterable, Sendable {
    case pipe = "a pipe"
    case link = "a symbolic link"
    case brokenLink = "a symbolic link to nothing"
    case directory = "a directory"
    case device = "a device"
    case socket = "a socket"

    /// Makes it.
    /// - Parameter target: where a link leads.
    func make(at path: String, leadingTo target: String) throws {
        let result =
            switch self {
            case .pipe: unsafe mkfifo(path, 0o666)
            case .link: unsafe symlink(target, path)
            case .brokenLink: unsafe symlink(target + "-nowhere", path)
            case .directory: unsafe mkdir(path, 0o777)
            // The numbers of /dev/zero: it can be read without end.
            case .device: unsafe mknod(path, S_IFCHR | 0o666, dev_t(1 << 8 | 5))
            case .socket: unsafe mknod(path, S_IFSOCK | 0o666, 0)
            }
        if result != 0 && errno == EPERM {
            throw KernelScenario.NotHere("making \(rawValue) takes root")
        }
        try expect(result == 0, "cannot make \(rawValue): errno \(errno)")
    }
}
