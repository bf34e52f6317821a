public import CairnFiles

/// Shows what is in a single file of a store, in order: a segment, a manifest, a checkpoint or a key run.
///
/// The file may stand alone: what its checksums need is in its own header. Changes nothing, takes no
/// lock; a file that is being written to may look damaged at its end. Needs no more memory for a longer file
/// than its tables take: a key run's fences, a checkpoint's keyspaces.
public enum FileDumper {
    /// A part of a file.
    public struct Item: Sendable, Hashable {
        /// A value with a name.
        public struct Field: Sendable, Hashable {
            /// What a field says.
            public enum Value: Sendable, Hashable {
                /// A number.
                case number(Int)
                /// Text of this program: a kind, an identity in hexadecimal digits.
                case text(String)
                /// Bytes of the user's: a key, metadata, a name.
                case bytes([UInt8])
                /// Whether something holds.
                case flag(Bool)
            }

            /// The field's name, lowerCamelCase; lengths in bytes end in `Bytes`.
            public let name: String
            /// What it says.
            public let value: Value
        }

        /// Where it begins, in bytes from the start of the file.
        public let offset: Int
        /// What it is: `header`, `frame`, `record`, `entry`, `slot`…, or `damage`.
        public let name: String
        /// What it says, in the order of the format's documents.
        public let fields: [Field]

        /// Whether this is a place where the file is not as it was written.
        public var isDamage: Bool { name == "damage" }
    }

    /// Whether there is a regular file in `path`, and not a directory.
    public static func isFile(
        at path: String, fileSystem: any FileSystem = PosixFileSystem()
    ) throws(StoreError) -> Bool {
        try naming("cannot look at \(path)") { () throws(FileError) in
            try fileSystem.kind(path) == .regular
        }
    }

    /// Calls `visit` with every part of the file in `path`.
    /// - Parameter shards: also show the slots of a checkpoint.
    /// - Returns: how many places were damaged. Damage is shown at its place, and what is behind it too.
    /// - Throws: `.missing` when it is not a file of a store, `.inputOutput` when the disk refuses.
    @discardableResult
    public static func dump(
        at path: String, shards: Bool = false, fileSystem: any FileSystem = PosixFileSystem(),
        _ visit: (Item) -> Void
    ) throws(StoreError) -> Int {
        var damageCount = 0
        let show = { (item: Item) in
            if item.isDamage { damageCount += 1 }
            visit(item)
        }
        let magic = try naming("cannot read \(path)") { () throws(FileError) in
            let file = try File(path, .read, in: fileSystem)
            var reader = ByteReader(try file.read(at: 0, byteCount: 8))
            return reader.word(UInt64.self)
        }
        switch kind(magic, path) {
        case .segment: try SegmentDump(path, fileSystem).run(show)
        case .manifest: try ManifestDump(path, fileSystem).run(show)
        case .checkpoint: try CheckpointDump(path, fileSystem, shards: shards).run(show)
        case .keyRun: try KeyRunDump(path, fileSystem).run(show)
        case nil:
            throw StoreError(
                .missing,
                "\(path) is no file of a store: it neither begins like one nor has the name of one")
        }
        return damageCount
    }

    private enum Kind {
        case segment
        case manifest
        case checkpoint
        case keyRun
    }

    /// What a file is by how it begins or, if that is damaged, by its name.
    private static func kind(_ magic: UInt64?, _ path: String) -> Kind? {
        switch magic {
        case SegmentHeader.magic: return .segment
        case Manifest.magic: return .manifest
        case CheckpointHeader.magic: return .checkpoint
        case KeyRunHeader.magic: return .keyRun
        default: break
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if SegmentIdentity.number(inFileName: name) != nil { return .segment }
        if KeyRunName(fileName: name) != nil { return .keyRun }
        switch name {
        case Manifest.fileName: return .manifest
        case CheckpointFile.fileName: return .checkpoint
        default: return nil
        }
    }
}

extension FileDumper.Item {
    init(_ name: String, at offset: Int, _ fields: [Field?]) {
        self.init(offset: offset, name: name, fields: fields.compactMap { $0 })
    }

    /// A place where something else was expected.
    static func damage(at offset: Int, _ message: String) -> Self {
        Self("damage", at: offset, [.text("message", message)])
    }

    /// The fields of a place in the log.
    static func position(_ name: String, at offset: Int, _ position: LogPosition) -> Self {
        Self(
            name, at: offset,
            [
                .number("segment", position.segment), .number("frameOffset", position.offset),
                .number("headerOffset", position.headerOffset),
                .hexadecimal("chain", UInt64(position.chain)),
                .number("nextSequence", position.nextSequence),
            ])
    }
}

extension FileDumper.Item.Field {
    static func number(_ name: String, _ value: some BinaryInteger) -> Self {
        Self(name: name, value: .number(Int(clamping: value)))
    }

    static func text(_ name: String, _ value: String) -> Self {
        Self(name: name, value: .text(value))
    }

    static func bytes(_ name: String, _ value: [UInt8]) -> Self {
        Self(name: name, value: .bytes(value))
    }

    static func flag(_ name: String, _ value: Bool) -> Self {
        Self(name: name, value: .flag(value))
    }

    static func hexadecimal(_ name: String, _ value: UInt64) -> Self {
        text(name, String(value, radix: 16))
    }
}
