import Foundation

/// Says on standard error how far the work is: a bar on a terminal, lines elsewhere.
final class Progress {
    private let stepCount: Int
    private var step = 0
    private let start = Tally.now
    private let isWatched = isatty(2) == 1

    init(stepCount: Int) { self.stepCount = max(1, stepCount) }

    /// The next step begins.
    func begin(_ name: String) {
        let width = 24
        let done = step * width / stepCount
        let bar =
            isWatched
            ? "\r[" + String(repeating: "#", count: done)
                + String(repeating: ".", count: width - done) + "] "
            : ""
        let seconds = Double(Tally.now - start) / 1e9
        let left = step > 0 ? seconds / Double(step) * Double(stepCount - step) : 0
        let time = step > 0 ? ", \(Int(left.rounded(.up))) s left" : ""
        write(
            "\(bar)\(step + 1) of \(stepCount): \(name)\(time)" + (isWatched ? "\u{1B}[K" : "\n"))
        step += 1
    }

    /// All steps are done.
    func end() { if isWatched { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
