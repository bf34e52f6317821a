import CairnTestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A small ext4 of our own on a loop device, mounted below a temporary directory.
///
/// A process of its own waits for us to end, in whatever way, and then takes the mount down; so
/// neither a failure nor a kill leaves one behind.
final class LoopDisk: Sendable {
    private let directory: TemporaryDirectory
    private let janitor: Child
    /// Where it is mounted.
    let path: String

    /// - Throws: `NotHere` where the machine does not allow it.
    init(mebibytes: Int = 64) throws {
        guard getuid() == 0 else { throw KernelScenario.NotHere("mounting takes root") }
        guard let format = Command("mkfs.ext4"), let mount = Command("mount"),
            let shell = Command("sh"), let truncate = Command("truncate")
        else { throw KernelScenario.NotHere("no mkfs.ext4, mount, truncate or sh") }
        directory = try TemporaryDirectory("disk")
        path = directory.path + "/mount"
        let image = directory.path + "/image"
        // It ignores what a terminal sends to the whole group: it must outlive us by a moment.
        janitor = try Child(
            shell.program,
            [
                "-c",
                "trap '' INT TERM HUP; cat >/dev/null; umount \"$1\" || umount -l \"$1\"; rm -f \"$2\"",
                "janitor", path, image,
            ], mergesErrors: true)
        guard unsafe mkdir(path, 0o700) == 0 else {
            throw BrokenPromise("cannot make \(path): errno \(errno)")
        }
        for (command, arguments) in [
            (truncate, ["-s", "\(mebibytes)M", image]),
            (format, ["-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,nodiscard", image]),
            (mount, ["-o", "loop", image, path]),
        ] {
            let result = try command.run(arguments)
            guard result.isSuccess else {
                throw KernelScenario.NotHere("\(command.program) fails: \(result.text)")
            }
        }
    }

    deinit {
        janitor.endInput()
        janitor.wait()
    }

    /// Mounts it again, read-only or not.
    func remount(readOnly: Bool) throws {
        let result = try Command("mount")?.run([
            "-o", readOnly ? "remount,ro" : "remount,rw", path,
        ])
        try expect(result?.isSuccess ?? false, "cannot remount: \(result?.text ?? "no mount")")
    }

    /// Fills it with a file until `kibibytes` are left.
    func fill(leaving kibibytes: Int) throws {
        let file = unsafe open(path + "/ballast", O_RDWR | O_CREAT, 0o600)
        try expect(file >= 0, "cannot make the ballast: errno \(errno)")
        defer { close(file) }
        var size = 0
        for step in [8 << 20, 1 << 20, 64 << 10, 4 << 10] {
            while posix_fallocate(file, off_t(size), off_t(step)) == 0 { size += step }
        }
        try expect(
            ftruncate(file, off_t(max(0, size - kibibytes << 10))) == 0 && fsync(file) == 0,
            "cannot cut the ballast: errno \(errno)")
    }

    /// Gives the space back.
    func empty() { _ = unsafe unlink(path + "/ballast") }
}
