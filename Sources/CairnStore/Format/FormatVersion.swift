/// Every incompatible change of a file format is a named case here. Readers refuse the unknown.
enum FormatVersion: UInt16 {
    /// The first: Docs/Formats/Segment.md, Docs/Formats/Manifest.md.
    case first = 1

    static let current = FormatVersion.first
}
