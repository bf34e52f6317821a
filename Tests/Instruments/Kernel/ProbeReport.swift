/// A probe that has been started, and what it said.
struct ProbeReport {
    /// Longer than this, it hangs.
    private static let patience = Duration.seconds(20)

    let child: Child
    private(set) var lines: [String] = []
    private var rest: [UInt8] = []

    /// Starts a probe on `directory`.
    init(_ directory: String, _ orders: [String] = []) throws {
        child = try ChildBody.start("probe", ["directory=" + directory] + orders)
    }

    /// Runs a probe to its end.
    /// - Throws: when it hangs, or ends other than by itself: traps and signals.
    static func of(_ directory: String, _ orders: String...) throws -> ProbeReport {
        var probe = try ProbeReport(directory, orders)
        try probe.listen { _ in false }
        let ending = probe.child.wait()
        if ending == .exit(64) { throw KernelScenario.NotHere("the system refuses \(orders)") }
        try expect(ending == .exit(0), "the process ended with \(ending) after \(probe.lines)")
        return probe
    }

    /// Waits until it says a line that begins with `word`.
    mutating func wait(for word: String) throws {
        try listen { $0.hasPrefix(word) }
        try expect(lines.last?.hasPrefix(word) ?? false, "no '\(word)' in \(lines)")
    }

    private mutating func listen(until isLast: (String) -> Bool) throws {
        let deadline = ContinuousClock.now + Self.patience
        while let part = child.read(until: deadline) {
            try expect(!part.isEmpty || .now < deadline, "the process hangs after \(lines)")
            rest += part
            while let end = rest.firstIndex(of: 10) {
                lines.append(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeFirst(end + 1)
            }
            if let last = lines.last, isLast(last) { return }
        }
    }

    /// Whether it said a line that begins with `words`.
    func says(_ words: String) -> Bool { lines.contains { $0.hasPrefix(words) } }

    /// The entries it was told are safe.
    var acknowledged: [Int] {
        lines.flatMap { line -> [Int] in
            let words = line.split(separator: " ")
            guard words.first == "acknowledged", words.count == 3, let first = Int(words[1]),
                let end = Int(words[2])
            else { return [] }
            return Array(first..<end)
        }
    }

    /// The kind of the store's refusal, at the open or later: `noSpace`.
    var refusal: String? { line("refused") ?? line("failed") }

    /// The lines that carry a message.
    var messages: String { lines.joined(separator: "; ") }

    private func line(_ word: String) -> String? {
        lines.first { $0.hasPrefix(word + " ") }.map { String($0.split(separator: " ")[1]) }
    }
}
