import CairnPlatform
import Foundation

/// Shows how far an instrument is: a line that is rewritten on a terminal, a line every ten seconds
/// otherwise.
final class ProgressLine: Sendable {
    private let name: String
    private let unit: String
    private let isTerminal = isatty(2) == 1
    private let lastShown = Locked(ContinuousClock.now)

    init(_ name: String, _ unit: String) {
        self.name = name
        self.unit = unit
    }

    @Sendable func show(_ count: Int, _ part: Double) {
        let interval = Duration.milliseconds(isTerminal ? 100 : 10_000)
        let isDue = lastShown.withLock { last in
            guard ContinuousClock.now - last >= interval else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        let width = 24
        let filled = Int(part * Double(width))
        let bar =
            String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
        let text = "\(name) \(bar) \(Int(part * 100)) %  \(count) \(unit)"
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K" + text : text + "\n").utf8))
    }
}
