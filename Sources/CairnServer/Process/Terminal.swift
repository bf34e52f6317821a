import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program's two outputs: what was asked for, and complaints.
///
/// Memory safety: the bytes written live in an array for as long as the call lasts.
package enum Terminal {
    /// Whether a person sees standard error.
    package static var isWatched: Bool { isatty(2) == 1 }

    /// Whether a person sees standard output.
    package static var isOutputWatched: Bool { isatty(1) == 1 }

    /// What makes a terminal forget what it shows, so that the next lines take its place.
    package static let homeAndErase = "\u{1B}[H\u{1B}[J"

    /// Blocks the thread for so long.
    package static func pause(for duration: Duration) {
        Locked(()).withLock(when: { _ in false }, orAfter: duration) { _ in }
    }

    /// A line on standard output.
    package static func say(_ line: String) { write(Array((line + "\n").utf8), to: 1) }

    /// Bytes on standard output, as they are.
    package static func say(_ bytes: [UInt8]) { write(bytes, to: 1) }

    /// A line on standard error.
    package static func complain(_ line: String) { write(line + "\n") }

    /// Standard error, without a line's end.
    package static func write(_ text: String) { write(Array(text.utf8), to: 2) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe systemWrite(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0 && errno == EINTR { continue }
            // Nobody reads any more: there is nobody to tell either.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
