public import CairnFiles

/// Reads every byte of a closed store, compares what its files say of one another, and lists all that
/// is not as it should be: Docs/CommandLine.md.
///
/// Changes nothing. Takes the directory's lock, so the store must not be open. Needs some fifty bytes of
/// memory for each key, whatever its length.
public enum StoreVerifier {
    /// What is wrong, where, and what comes of it.
    public struct Finding: Sendable, Hashable {
        /// What is damaged.
        public enum Severity: String, Sendable, Hashable {
            /// What has no other source: the log or the manifest.
            case data
            /// What follows from the log: it costs time, not data.
            case derived
        }

        /// The file.
        public let file: String
        /// Where in it, in bytes from its start.
        public let offset: Int
        /// What was expected and what was found.
        public let message: String
        /// Whether data is damaged or only what follows from it.
        public let severity: Severity
        /// What comes of it: which commits cannot be read, or what the next open does about it.
        public let consequence: String
    }

    /// How far a verification has come.
    public struct Progress: Sendable, Hashable {
        /// Bytes read so far, of all files.
        public let byteCount: Int
        /// Bytes there are to read, in all files.
        public let totalByteCount: Int
    }

    /// What a verification saw.
    public struct Report: Sendable, Hashable {
        /// All that is wrong; empty in a healthy store.
        public internal(set) var findings: [Finding] = []
        /// Segments read.
        public internal(set) var segmentCount = 0
        /// Whole frames read.
        public internal(set) var frameCount = 0
        /// Records read and checked, values expanded.
        public internal(set) var recordCount = 0
        /// Key runs read.
        public internal(set) var keyRunCount = 0
        /// Entries of key runs compared with the log.
        public internal(set) var entryCount = 0
        /// Slots of the checkpoint compared with the log.
        public internal(set) var slotCount = 0
        /// Bytes read, of all files.
        public internal(set) var byteCount = 0

        /// The worst there is: `nil` in a healthy store.
        public var severity: Finding.Severity? {
            if findings.isEmpty { return nil }
            return findings.contains { $0.severity == .data } ? .data : .derived
        }
    }

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
        let report = try Verification(directory).run(progress)
        _ = consume lock
        return report
    }
}
