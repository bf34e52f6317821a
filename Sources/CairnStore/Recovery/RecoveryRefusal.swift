/// Why a log may not be opened: where it is not what it was, and how that is known.
enum RecoveryRefusal: Hashable {
    /// A frame or a record is whole, but of another version.
    case unreadable(segment: Int, offset: Int, found: String)
    /// Frames that may not be missing are not whole.
    case damaged(segment: Int, offset: Int, nextSequence: UInt64, Evidence?, found: String)
    /// Records are whole and make no sense.
    case senseless(segment: Int, offset: Int, complaint: String)

    /// What says that more was durable than is there.
    enum Evidence: Hashable {
        /// The manifest's floor: the sequence that was durable when the log was last opened or closed.
        case floor(UInt64)
        /// A segment's space is reserved, durably, before its first commit, and given back only by a
        /// clean close, which records where it cut the file.
        case cutShort
        /// A later frame of the segment promises that this commit is durable.
        case promise(UInt64)
        /// A later frame of the segment may promise anything: this version cannot read it.
        case unreadableFrame
        /// A later segment has frames; nothing is written to it before this one is sealed, durably.
        case laterSegment(Int)
    }

    /// The refusal as whoever opens the store meets it.
    /// - Parameter paths: of the segments.
    func error(_ paths: [String]) -> StoreError {
        switch self {
        case .unreadable(let segment, let offset, let found):
            StoreError(
                .unsupportedVersion,
                "\(paths[segment]) holds \(found) at offset \(offset), whose checksums hold; open it "
                    + "with the version that wrote it")
        case .damaged(let segment, let offset, let nextSequence, let evidence, let found):
            Self.corrupt(
                paths[segment], offset,
                "the frame with commit \(nextSequence)"
                    + (evidence.map { " (\(Self.describe($0, paths)))" } ?? ""), found)
        case .senseless(let segment, let offset, let complaint):
            Self.corrupt(paths[segment], offset, "records that make sense", complaint)
        }
    }

    private static func describe(_ evidence: Evidence, _ paths: [String]) -> String {
        switch evidence {
        case .floor(let sequence): "the manifest records commit \(sequence) as durable"
        case .cutShort: "the file has been cut short"
        case .promise(let sequence): "a later frame promises that commit \(sequence) is durable"
        case .unreadableFrame: "a later frame, which this version cannot read, is whole"
        case .laterSegment(let segment): "\(paths[segment]) goes on after it"
        }
    }

    private static func corrupt(
        _ path: String, _ offset: Int, _ expected: String, _ found: String
    ) -> StoreError {
        StoreError(
            .corrupt,
            "\(path) is damaged at offset \(offset): expected \(expected), found \(found); "
                + "restore a copy, or look with `cairn store verify`")
    }
}
