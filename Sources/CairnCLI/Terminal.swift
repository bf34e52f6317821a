#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard error: complaints, and progress where somebody watches.
enum Terminal {
    /// Whether a person sees standard error.
    static var isWatched: Bool { isatty(2) == 1 }

    static func complain(_ line: String) { write(line + "\n") }

    /// Writes without a line's end.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe systemWrite(2, $0.baseAddress, $0.count) }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
