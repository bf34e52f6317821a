import CairnServer

/// Shows how far a long job has come: a bar on a terminal, a line every tenth otherwise, JSON lines
/// when asked for. Goes to standard error, so that results stay alone on standard output.
struct ProgressReport {
    let label: String
    let isJSON: Bool
    private var shown = -1

    init(label: String, isJSON: Bool) {
        self.label = label
        self.isJSON = isJSON
    }

    mutating func show(_ done: Int, of total: Int) {
        let percent = total > 0 ? min(100, done * 100 / total) : 100
        let step = Terminal.isWatched && !isJSON ? 1 : 10
        guard percent / step > shown / step || shown < 0 else { return }
        shown = percent
        if isJSON {
            Terminal.complain(
                #"{"progress":"\#(label)","bytes":\#(done),"totalBytes":\#(total)}"#)
        } else if Terminal.isWatched {
            let filled = percent * 40 / 100
            let bar =
                String(repeating: "█", count: filled) + String(repeating: "░", count: 40 - filled)
            Terminal.write("\r\(label) \(bar) \(percent) %" + (percent == 100 ? "\n" : ""))
        } else {
            Terminal.complain("\(label): \(percent) % (\(done) of \(total) bytes)")
        }
    }
}
