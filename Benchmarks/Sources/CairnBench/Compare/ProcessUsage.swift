import Foundation

/// What this process has taken of memory and processor so far.
struct ProcessUsage: Sendable {
    let residentByteCount: Int
    /// Without the pages of mapped files.
    let anonymousByteCount: Int
    let peakByteCount: Int

    /// Now. Zeros on systems without `/proc`.
    static func now() -> ProcessUsage {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        var kibibytes: [Substring: Int] = [:]
        for line in status.split(separator: "\n") {
            let words = line.split(whereSeparator: { " \t:".contains($0) })
            if words.count == 3, words[2] == "kB" { kibibytes[words[0]] = Int(words[1]) }
        }
        return ProcessUsage(
            residentByteCount: (kibibytes["VmRSS"] ?? 0) * 1024,
            anonymousByteCount: (kibibytes["RssAnon"] ?? 0) * 1024,
            peakByteCount: (kibibytes["VmHWM"] ?? 0) * 1024)
    }

    /// Lets the peak begin anew.
    static func resetPeak() {
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    }

    /// Processor seconds of all threads.
    static var processorSeconds: Double { Double(clock()) / 1_000_000 }

    /// Waits until the process has done next to nothing for so long, at most a minute.
    static func waitUntilQuiet(seconds: Double) {
        let deadline = Tally.now + 60_000_000_000
        repeat {
            let before = processorSeconds
            Thread.sleep(forTimeInterval: seconds)
            if processorSeconds - before < 0.1 * seconds { return }
        } while Tally.now < deadline
    }
}
