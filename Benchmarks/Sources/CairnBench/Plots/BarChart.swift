#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A bar chart as SVG: lying bars on a logarithmic scale, each with a whisker from its least to its
/// most.
struct BarChart {
    /// One bar.
    struct Bar {
        let label: String
        let median: Double
        let least: Double
        let most: Double
        /// Drawn in the accent colour.
        let isOurs: Bool
    }

    let title: String
    let subtitle: String
    let bars: [Bar]

    private static let width = 760.0
    private static let left = 120.0
    private static let right = 90.0
    private static let top = 64.0
    private static let rowHeight = 30.0
    private static let bottom = 40.0

    private var height: Double { Self.top + Double(bars.count) * Self.rowHeight + Self.bottom }

    /// The powers of ten that the axis begins and ends with.
    private var decades: ClosedRange<Int> {
        let least = bars.map(\.least).filter { $0 > 0 }.min() ?? 1
        let most = bars.map(\.most).max() ?? 10
        let low = Int(log10(least * 0.95).rounded(.down))
        return low...max(low + 1, Int(log10(most * 1.05).rounded(.up)))
    }

    private func place(_ value: Double) -> Double {
        let (low, high) = (Double(decades.lowerBound), Double(decades.upperBound))
        let share = (log10(max(value, 1e-9)) - low) / (high - low)
        return Self.left + max(0, share) * (Self.width - Self.left - Self.right)
    }

    /// The whole document.
    var svg: String {
        let box = "0 0 \(Self.short(Self.width)) \(Self.short(height))"
        var parts = [
            ##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="\##(box)" font-size="13" "##
                + ##"font-family="Helvetica, Arial, sans-serif" fill="#222">"##,
            ##"<rect width="100%" height="100%" fill="#fff"/>"##,
            Self.text(16, 26, title, ##"font-size="17" font-weight="bold""##),
            Self.text(16, 46, subtitle, ##"fill="#666""##),
        ]
        parts += axis
        parts += bars.indices.flatMap { row($0) }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private var axis: [String] {
        let end = height - Self.bottom
        return decades.flatMap { decade in
            let value = pow(10, Double(decade))
            let x = place(value)
            return [
                Self.line(x, Self.top, x, end, "#ddd", 1),
                Self.text(x, end + 18, Self.label(decade), ##"text-anchor="middle" fill="#666""##),
            ]
        }
    }

    private func row(_ index: Int) -> [String] {
        let bar = bars[index]
        let y = Self.top + Double(index) * Self.rowHeight
        let middle = y + Self.rowHeight / 2
        let (start, end) = (Self.left, place(bar.median))
        let (least, most) = (place(bar.least), place(bar.most))
        let colour = bar.isOurs ? "#c2571a" : "#8fa3b5"
        return [
            Self.text(
                start - 8, middle + 4.5, bar.label,
                #"text-anchor="end""# + (bar.isOurs ? #" font-weight="bold""# : "")),
            #"<rect x="\#(Self.short(start))" y="\#(Self.short(y + 5))" width="#
                + #""\#(Self.short(max(1, end - start)))" height="\#(Self.short(Self.rowHeight - 10))" "#
                + #"fill="\#(colour)"/>"#,
            Self.line(least, middle, most, middle, "#222", 1.5),
            Self.line(least, middle - 4, least, middle + 4, "#222", 1.5),
            Self.line(most, middle - 4, most, middle + 4, "#222", 1.5),
            Self.text(max(end, most) + 8, middle + 4.5, Figures.brief(bar.median), ""),
        ]
    }

    private static func text(_ x: Double, _ y: Double, _ text: String, _ more: String) -> String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        return #"<text x="\#(short(x))" y="\#(short(y))" \#(more)>\#(escaped)</text>"#
    }

    private static func line(
        _ x: Double, _ y: Double, _ toX: Double, _ toY: Double, _ colour: String, _ width: Double
    ) -> String {
        #"<line x1="\#(short(x))" y1="\#(short(y))" x2="\#(short(toX))" y2="\#(short(toY))" "#
            + #"stroke="\#(colour)" stroke-width="\#(short(width))"/>"#
    }

    /// The power of ten, as few letters as can be.
    private static func label(_ decade: Int) -> String {
        guard decade >= 0 else { return "\(pow(10, Double(decade)))" }
        let names = ["", " k", " M", " G"]
        let group = min(decade / 3, names.count - 1)
        return "1" + String(repeating: "0", count: decade - group * 3) + names[group]
    }

    private static func short(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
