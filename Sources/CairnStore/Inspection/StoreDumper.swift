public import CairnFiles

/// Lists the records of a closed store in the order of the log, dead ones included.
///
/// Changes nothing. Takes the directory's lock, so the store must not be open.
public enum StoreDumper {
    /// One record as it stands in the log.
    public struct Record: Sendable, Hashable {
        /// The segment's number.
        public let segment: UInt64
        /// Where the record starts, in bytes from the start of the segment's file.
        public let offset: Int
        /// Its length in bytes.
        public let byteCount: Int
        /// The commit it belongs to.
        public let sequence: CommitSequence
        /// `put`, `delete`, `createKeyspace`, `dropKeyspace` or `chunk`.
        public let kind: String
        /// The number of its keyspace.
        public let keyspace: UInt64
        /// The name that keyspace had at this point of the log.
        public let keyspaceName: String?
        /// The key; of `createKeyspace`, the keyspace's name.
        public let key: [UInt8]
        /// The value's length before compression.
        public let valueByteCount: Int
        /// `raw` or `deflate`.
        public let codec: String
        /// The metadata; empty when there is none.
        public let metadata: [UInt8]
        /// Milliseconds since the epoch from which the entry is gone.
        public let expiry: Int64?
    }

    /// Makes sure that there is a store in `path`, creating nothing.
    /// - Throws: `.missing` when there is none.
    public static func requireStore(
        at path: String, fileSystem: any FileSystem = PosixFileSystem()
    ) throws(StoreError) {
        try StoreDirectory(path: path, fileSystem: fileSystem).requireStore()
    }

    /// Calls `visit` with every record of the store in `path`, in order.
    /// - Throws: `.corrupt` at the first byte that is not as it was written; what came before has
    ///   been visited.
    public static func dump(
        at path: String, fileSystem: any FileSystem = PosixFileSystem(),
        _ visit: (Record) -> Void
    ) throws(StoreError) {
        let directory = StoreDirectory(path: path, fileSystem: fileSystem)
        try directory.requireStore()
        let lock = try directory.lock()
        if let manifest = try directory.manifest(), !manifest.segments.isEmpty {
            var segments: [Segment] = []
            for entry in manifest.segments {
                segments.append(try directory.open(entry, of: manifest.store, .read))
            }
            var names: [UInt64: String] = [:]
            var recovery = Recovery(manifest: manifest, segments: segments)
            _ = try recovery.run { frame in
                for placed in frame.records { visit(Self.record(placed, &names)) }
            }
        }
        _ = consume lock
    }

    private static func record(
        _ placed: PlacedRecord, _ names: inout [UInt64: String]
    ) -> Record {
        let record = placed.record
        if record.kind == .createKeyspace {
            names[record.keyspace] = String(decoding: record.key, as: UTF8.self)
        }
        let count =
            record.flags.contains(.chunked)
            ? ChunkList(record.stored)?.valueByteCount ?? 0 : record.rawByteCount
        return Record(
            segment: placed.location.segment, offset: Int(placed.location.offset),
            byteCount: Int(placed.location.byteCount),
            sequence: CommitSequence(record.sequence), kind: "\(record.kind)",
            keyspace: record.keyspace, keyspaceName: names[record.keyspace], key: record.key,
            valueByteCount: count, codec: "\(record.codec)", metadata: record.metadata,
            expiry: record.expiry)
    }
}
