/// A comparison in letters: under each rate how much faster Cairn is, as the median of the repeats,
/// and in brackets the least and the most.
struct ComparisonTable {
    let comparison: Comparison

    private static let nameWidth = 15
    private static let cellWidth = 22

    var text: String {
        let engines = comparison.engines
        var rows = [row("ops/s", engines)]
        for job in comparison.jobs {
            rows.append(
                row(
                    job.name,
                    engines.map { engine in
                        comparison.rate(job, engine).map { Figures.brief($0.median) } ?? "-"
                    }))
            let ratios = engines.map { engine in
                engine == "cairn" ? nil : comparison.ratio(job, to: engine)
            }
            guard ratios.contains(where: { $0 != nil }) else { continue }
            rows.append(row("", ratios.map { $0.map(Self.cell) ?? "" }))
        }
        return rows.joined(separator: "\n")
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        Figures.pad(name, Self.nameWidth)
            + cells.map { Figures.right($0, Self.cellWidth) }.joined()
    }

    private static func cell(_ ratio: Comparison.Spread) -> String {
        "×" + Figures.threeDigits(ratio.median)
            + " (\(Figures.threeDigits(ratio.least))–\(Figures.threeDigits(ratio.most)))"
    }
}
