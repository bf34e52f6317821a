/// Figures and words as tables show them.
enum Figures {
    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func short(_ number: Double) -> String {
        let places = number < 10 ? 2 : number < 1000 ? 1 : 0
        let scale = places == 2 ? 100.0 : places == 1 ? 10.0 : 1.0
        let rounded = (number * scale).rounded() / scale
        return places == 0 ? "\(Int(rounded))" : "\(rounded)"
    }

    static func grouped(_ number: Double) -> String {
        var (digits, text) = (Array("\(Int(number.rounded()))"), "")
        while digits.count > 3 {
            text = " " + String(digits.suffix(3)) + text
            digits.removeLast(3)
        }
        return String(digits) + text
    }

    /// Three digits, and thousands as k or M.
    static func brief(_ number: Double) -> String {
        switch number {
        case ..<1000: short(number)
        case ..<10_000: "\((number / 10).rounded() / 100) k"
        case ..<100_000: "\((number / 100).rounded() / 10) k"
        case ..<1_000_000: "\(Int((number / 1000).rounded())) k"
        default: "\((number / 10_000).rounded() / 100) M"
        }
    }

    static func median(_ numbers: [Double]) -> Double {
        let sorted = numbers.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
