#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A stored value and its type, as bytes: Docs/Formats/ObjectValue.md.
///
/// The first byte is the format's version (high four bits) and the kind (low four). Scalars have
/// kinds of their own; anything else `Codable` is JSON behind the name of its type, so that a tool
/// can show it without knowing the type, and reading it as another type can be refused by name.
enum ObjectValue {
    private enum Kind: UInt8 {
        case bytes = 0x11
        case string = 0x12
        case integer = 0x13
        case double = 0x14
        case boolean = 0x15
        case date = 0x16
        case json = 0x17
    }

    static func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        switch value {
        case let bytes as [UInt8]: return [Kind.bytes.rawValue] + bytes
        case let text as String: return [Kind.string.rawValue] + Array(text.utf8)
        case let number as Int:
            return [Kind.integer.rawValue] + word(UInt64(bitPattern: Int64(number)))
        case let number as Double: return [Kind.double.rawValue] + word(number.bitPattern)
        case let flag as Bool: return [Kind.boolean.rawValue, flag ? 1 : 0]
        case let date as Date:
            return [Kind.date.rawValue] + word(date.timeIntervalSince1970.bitPattern)
        default:
            let name = Array(String(describing: Value.self).utf8.prefix(255))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return [Kind.json.rawValue, UInt8(name.count)] + name
                + Array(try encoder.encode(value))
        }
    }

    /// - Throws: `.typeMismatch`, naming the type stored and the type asked for.
    static func decode<Value: Decodable>(_ bytes: [UInt8], as type: Value.Type) throws -> Value {
        if let value = scalar(bytes) as? Value { return value }
        guard let (name, json) = json(bytes),
            let value = try? JSONDecoder().decode(type, from: Data(json))
        else {
            throw DurableObjectError(
                .typeMismatch,
                "the stored value is \(typeName(of: bytes)), it was read as \(type)")
        }
        _ = name
        return value
    }

    /// The stored type's name, for messages and tools.
    static func typeName(of bytes: [UInt8]) -> String {
        guard let first = bytes.first, let kind = Kind(rawValue: first) else {
            return "of an unknown format"
        }
        switch kind {
        case .bytes: return "[UInt8]"
        case .string: return "String"
        case .integer: return "Int"
        case .double: return "Double"
        case .boolean: return "Bool"
        case .date: return "Date"
        case .json: return json(bytes)?.name ?? "damaged JSON"
        }
    }

    private static func scalar(_ bytes: [UInt8]) -> Any? {
        guard let first = bytes.first, let kind = Kind(rawValue: first) else { return nil }
        let rest = bytes.dropFirst()
        switch kind {
        case .bytes: return Array(rest)
        case .string: return String(validating: rest, as: UTF8.self)
        case .integer: return word(rest).map { Int(Int64(bitPattern: $0)) }
        case .double: return word(rest).map { Double(bitPattern: $0) }
        case .boolean: return rest.count == 1 ? rest.first == 1 : nil
        case .date:
            return word(rest).map { Date(timeIntervalSince1970: Double(bitPattern: $0)) }
        case .json: return nil
        }
    }

    private static func json(_ bytes: [UInt8]) -> (name: String, json: ArraySlice<UInt8>)? {
        guard bytes.count >= 2, bytes[0] == Kind.json.rawValue, bytes.count >= 2 + Int(bytes[1])
        else { return nil }
        let end = 2 + Int(bytes[1])
        return (String(decoding: bytes[2..<end], as: UTF8.self), bytes[end...])
    }

    private static func word(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard bytes.count == 8 else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
