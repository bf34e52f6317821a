/// The identity of an object: 32 bytes, and the name they came from if they came from one.
///
/// Two ids are equal when their bytes are; the name does not take part.
public struct DurableObjectID: Sendable, Hashable, CustomStringConvertible {
    /// Names longer than this are not kept inside the object, as at Cloudflare.
    public static let nameByteCountMax = 1024

    let bytes: [UInt8]
    /// The name, when the id was made from one.
    public let name: String?

    /// - Returns: `nil` unless there are 32 bytes.
    init?(bytes: [UInt8], name: String?) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
        self.name = name
    }

    /// Takes bytes that are known to be 32.
    init(checked bytes: [UInt8], name: String?) {
        assert(bytes.count == 32)
        self.bytes = bytes
        self.name = name
    }

    /// 64 lowercase hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether the bytes are equal.
    public static func == (a: DurableObjectID, b: DurableObjectID) -> Bool { a.bytes == b.bytes }

    /// Hashes the first eight bytes, which are a keyed hash or random already.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// The id as the object itself knows it.
    func inside(knownName: String?) -> DurableObjectID {
        let name = name ?? knownName
        let kept = name.flatMap { $0.utf8.count <= Self.nameByteCountMax ? $0 : nil }
        return DurableObjectID(checked: bytes, name: kept)
    }
}
