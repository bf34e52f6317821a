import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A process of our own whose output we read and which we may kill at any moment.
///
/// It cannot outlive us: programs of this package watch their standard input (`ParentWatch`), which
/// ends when we do, and others are started under a time limit (`Command`). The value kills what
/// still runs when it goes away.
package final class Child: Sendable {
    /// How a process ended.
    package enum Ending: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    package struct CannotStart: Error, CustomStringConvertible {
        package let description: String
    }

    /// The process id.
    package let processID: Int32
    private let input: Locked<Int32?>
    private let output: Int32
    private let ending = Locked<Ending?>(nil)

    /// One start at a time, so that no child inherits another's pipe ends and keeps them open.
    private static let starting = Locked(())

    /// Starts `program` with pipes for standard input and output.
    /// - Parameter mergesErrors: whether standard error goes to the same pipe as the output.
    package init(_ program: String, _ arguments: [String], mergesErrors: Bool = false) throws {
        let (process, ownInput, ownOutput) = try Self.starting.withLock { _ in
            let input = try Self.pipe()
            let output = try Self.pipe()
            defer {
                close(input.read)
                close(output.write)
            }
            let (result, process) = Self.spawn(
                program, arguments, input: input.read, output: output.write,
                errors: mergesErrors ? output.write : 2)
            guard result == 0 else {
                close(input.write)
                close(output.read)
                throw CannotStart(description: "cannot start \(program): errno \(result)")
            }
            return (process, input.write, output.read)
        }
        processID = process
        input = Locked(ownInput)
        output = ownOutput
    }

    deinit {
        kill()
        wait()
        endInput()
        close(output)
    }

    /// Says that it will be told no more: programs of this package end then.
    package func endInput() {
        input.withLock { input in
            if let input { close(input) }
            input = nil
        }
    }

    /// Ends it where it stands.
    package func kill() {
        // Under the lock, so that the number cannot have been given to somebody else.
        ending.withLock { if $0 == nil { _ = sendSignal(processID, SIGKILL) } }
    }

    /// Waits for its end.
    @discardableResult
    package func wait() -> Ending {
        // Not under the lock: somebody may have to kill it meanwhile.
        if let known = ending.withLock({ $0 }) { return known }
        var status: Int32 = 0
        while unsafe waitpid(processID, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        let found = signal == 0 ? Ending.exit((status >> 8) & 0xFF) : .signal(signal)
        ending.withLock { $0 = found }
        return found
    }

    /// What it said since the last call: empty when nothing came until `deadline`, `nil` once it
    /// has said all it will.
    package func read(until deadline: ContinuousClock.Instant) -> [UInt8]? {
        let left = (deadline - .now).components
        let milliseconds =
            Double(left.seconds) * 1000 + Double(left.attoseconds) / 1e15
        var request = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&request, 1, Int32(max(0, milliseconds.rounded(.up))))
        guard ready > 0 else { return [] }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = unsafe chunk.withUnsafeMutableBytes { buffer in
            unsafe systemRead(output, buffer.baseAddress, buffer.count)
        }
        if count < 0 { return errno == EINTR ? [] : nil }
        return count == 0 ? nil : Array(chunk[..<count])
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard unsafe systemPipe(&ends) == 0 else {
            throw CannotStart(description: "cannot make a pipe: errno \(errno)")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ program: String, _ arguments: [String], input: Int32, output: Int32, errors: Int32
    ) -> (Int32, pid_t) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = unsafe posix_spawn_file_actions_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let result = unsafe posix_spawn(&process, program, &actions, nil, words, environ)
        return (result, process)
    }
}

/// The names that the class's own methods hide.
private func sendSignal(_ process: pid_t, _ signal: Int32) -> Int32 { kill(process, signal) }

private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { unsafe pipe(ends) }

private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    unsafe read(file, buffer, count)
}
