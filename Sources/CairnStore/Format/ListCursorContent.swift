import CairnPlatform

/// What a cursor says: Docs/Formats/ListCursor.md.
struct ListCursorContent: Hashable, Sendable {
    /// Why bytes are not a cursor's.
    enum Defect: Error, Hashable {
        /// Fewer bytes than any cursor has, or more.
        case length(Int)
        case version(UInt8)
        case checksum(expected: UInt32, found: UInt32)
    }

    static let version: UInt8 = 1
    /// Version, store, two checksums; the key; a checksum.
    private static let keyOffset = 1 + 16 + 4 + 4
    private static let byteCountMin = keyOffset + 4
    private static let byteCountMax = byteCountMin + StoreLimits.keyByteCountMax

    var store: StoreID
    /// Of the keyspace's name.
    var keyspace: UInt32
    /// Of what the listing was asked for.
    var range: UInt32
    /// The last key of the page.
    var key: [UInt8]

    init(store: StoreID, keyspace: String, range: KeyRange, key: [UInt8]) {
        self.store = store
        self.keyspace = Self.checksum(of: Array(keyspace.utf8))
        self.range = Self.checksum(of: range.cursorBytes)
        self.key = key
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCountMin + key.count)
        writer.append(Self.version)
        writer.append(store.high)
        writer.append(store.low)
        writer.append(keyspace)
        writer.append(range)
        writer.append(key)
        writer.append(Self.checksum(of: writer.bytes))
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(Defect) {
        guard (Self.byteCountMin...Self.byteCountMax).contains(bytes.count) else {
            throw .length(bytes.count)
        }
        let end = bytes.count - 4
        var tail = ByteReader(bytes, in: end..<bytes.count)
        var reader = ByteReader(bytes, in: 0..<end)
        let expected = Self.checksum(of: Array(bytes[..<end]))
        let found = tail.word(UInt32.self) ?? 0
        guard expected == found else { throw .checksum(expected: expected, found: found) }
        let version = reader.byte() ?? 0
        guard version == Self.version else { throw .version(version) }
        guard let high = reader.word(UInt64.self), let low = reader.word(UInt64.self),
            let keyspace = reader.word(UInt32.self), let range = reader.word(UInt32.self)
        else { throw .length(bytes.count) }
        store = StoreID(high: high, low: low)
        self.keyspace = keyspace
        self.range = range
        key = Array(bytes[Self.keyOffset..<end])
    }

    private static func checksum(of bytes: [UInt8]) -> UInt32 {
        var checksum = CRC32C()
        checksum.add(bytes)
        return checksum.value
    }
}

extension KeyRange {
    /// All that makes it another listing: not the limit, which may change from page to page.
    fileprivate var cursorBytes: [UInt8] {
        var writer = ByteWriter()
        writer.append(UInt8(reverse ? 1 : 0))
        for bound in [prefix, start, startAfter, end] {
            writer.append(UInt8(bound == nil ? 0 : 1))
            writer.appendVarint(UInt64(bound?.count ?? 0))
            writer.append(bound ?? [])
        }
        return writer.bytes
    }
}
