public import CairnFiles

/// Reads every byte of a closed store and lists all that is not as it was written.
///
/// Changes nothing. Takes the directory's lock, so the store must not be open. Needs memory for the
/// index of live keys only while it decides about the log's end.
public struct StoreVerifier {
    /// What is wrong, and where.
    public struct Finding: Sendable, Hashable {
        /// The file.
        public let file: String
        /// Where in it, in bytes from its start.
        public let offset: Int
        /// What was expected and what was found.
        public let message: String
    }

    /// How far a verification has come.
    public struct Progress: Sendable, Hashable {
        /// Bytes read so far.
        public let byteCount: Int
        /// Bytes there are to read.
        public let totalByteCount: Int
    }

    /// What a verification saw.
    public struct Report: Sendable, Hashable {
        /// All that is wrong; empty in a healthy store.
        public fileprivate(set) var findings: [Finding] = []
        /// Segments read.
        public fileprivate(set) var segmentCount = 0
        /// Whole frames read.
        public fileprivate(set) var frameCount = 0
        /// Records read and checked, values expanded.
        public fileprivate(set) var recordCount = 0
        /// Bytes read.
        public fileprivate(set) var byteCount = 0
    }

    private let directory: StoreDirectory
    private let progress: (Progress) -> Void
    private var report = Report()
    private var totalByteCount = 0

    /// Verifies the store in `path`.
    /// - Parameters:
    ///   - path: the store's directory.
    ///   - fileSystem: the disk.
    ///   - progress: called now and then, on the calling thread.
    /// - Throws: `.locked` when the store is open, `.missing` when there is none, `.inputOutput`
    ///   when the disk refuses. Damage is a finding, not an error.
    public static func verify(
        at path: String, fileSystem: any FileSystem = PosixFileSystem(),
        progress: @escaping (Progress) -> Void = { _ in }
    ) throws(StoreError) -> Report {
        let directory = StoreDirectory(path: path, fileSystem: fileSystem)
        try directory.requireStore()
        let lock = try directory.lock()
        var verifier = StoreVerifier(directory: directory, progress: progress)
        try verifier.run()
        _ = consume lock
        return verifier.report
    }

    private init(directory: StoreDirectory, progress: @escaping (Progress) -> Void) {
        self.directory = directory
        self.progress = progress
    }

    private mutating func run() throws(StoreError) {
        guard let manifest = try manifest() else { return }
        var segments: [Segment] = []
        for entry in manifest.segments {
            let name = SegmentIdentity.fileName(of: entry.number)
            do throws(StoreError) {
                let segment = try directory.open(entry, of: manifest.store, .read)
                totalByteCount += try byteCount(of: segment)
                segments.append(segment)
            } catch { try record(error, in: name) }
        }
        do throws(StoreError) { try directory.checkStrangers(manifest) } catch {
            try record(error, in: "")
        }
        var chain: UInt32 = 0
        var nextSequence: UInt64 = 1
        for segment in segments { try scan(segment, &chain, &nextSequence) }
        // Whether the log may end where it does takes the whole log's evidence.
        guard report.findings.isEmpty, !segments.isEmpty else { return }
        var recovery = Recovery(manifest: manifest, segments: segments)
        do throws(StoreError) { _ = try recovery.run() } catch { try record(error, in: "") }
    }

    private mutating func manifest() throws(StoreError) -> Manifest? {
        do throws(StoreError) { return try directory.manifest() } catch {
            try record(error, in: Manifest.fileName)
            return nil
        }
    }

    private mutating func scan(
        _ segment: Segment, _ chain: inout UInt32, _ nextSequence: inout UInt64
    ) throws(StoreError) {
        var scanner = SegmentScanner(segment, chain: chain, nextSequence: nextSequence)
        let doing = "cannot read \(segment.path)"
        report.segmentCount += 1
        let start = report.byteCount
        scanning: while true {
            let event = try naming(doing) { () throws(FileError) in try scanner.next() }
            switch event {
            case .frame(let frame):
                report.frameCount += 1
                for placed in frame.records { check(placed, in: segment) }
                report.byteCount = start + scanner.offset
                progress(Progress(byteCount: report.byteCount, totalByteCount: totalByteCount))
                if frame.header.kind == .seal { break scanning }
            case .stop(let stop):
                let offset = scanner.offset
                let goesOn = try naming(doing) { () throws(FileError) in
                    try scanner.skipDamage()
                }
                // Without anything behind it this is the end of the log; see `run`.
                guard goesOn else { break scanning }
                report.findings.append(
                    Finding(
                        file: segment.path, offset: offset,
                        message: "expected a frame, found \(stop.description); the next whole one "
                            + "is at offset \(scanner.offset)"))
            }
        }
        (chain, nextSequence) = (scanner.chain, scanner.nextSequence)
        report.byteCount = start + (try byteCount(of: segment))
        progress(Progress(byteCount: report.byteCount, totalByteCount: totalByteCount))
    }

    private mutating func check(_ placed: PlacedRecord, in segment: Segment) {
        report.recordCount += 1
        guard placed.record.codec == .deflate else { return }
        if Deflate.expand(placed.record.stored, to: placed.record.rawByteCount) == nil {
            report.findings.append(
                Finding(
                    file: segment.path, offset: Int(placed.location.offset),
                    message: "expected \(placed.record.rawByteCount) bytes of deflate, found "
                        + "something else"))
        }
    }

    private func byteCount(of segment: Segment) throws(StoreError) -> Int {
        try naming("cannot look at \(segment.path)") { () throws(FileError) in
            try segment.byteCount()
        }
    }

    /// Turns damage into a finding; what the disk refuses stays an error.
    private mutating func record(_ error: StoreError, in name: String) throws(StoreError) {
        guard error.cause == nil else { throw error }
        let file = name.isEmpty ? directory.path : directory.path + "/" + name
        report.findings.append(Finding(file: file, offset: 0, message: error.message))
    }
}
