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

    /// About three digits, and thousands as k or M.
    static func brief(_ number: Double) -> String {
        switch number {
        case ..<1000: threeDigits(number)
        case ..<999_500: threeDigits(number / 1000) + " k"
        default: threeDigits(number / 1_000_000) + " M"
        }
    }

    /// About three digits, without zeros at the end.
    static func threeDigits(_ number: Double) -> String {
        var scale = 1.0
        while number != 0, abs(number) * scale < 100, scale < 1000 { scale *= 10 }
        let rounded = (number * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    static func median(_ numbers: [Double]) -> Double {
        let sorted = numbers.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
