import CairnPlatform
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes and checks the ids of one class, byte for byte as workerd does (`actor-id-impl.c++`).
///
///     key = SHA-256(unique key)
///     base = first 16 bytes of HMAC-SHA-256(key, name), or 16 random bytes
///     id = base ‖ first 16 bytes of HMAC-SHA-256(key, base)
struct IDFactory: Sendable {
    private let key: SymmetricKey

    init(uniqueKey: String) {
        key = SymmetricKey(data: Data(SHA256.hash(data: Data(uniqueKey.utf8))))
    }

    func id(name: String) -> DurableObjectID {
        complete(base: code(Array(name.utf8)), name: name)
    }

    func uniqueID(_ random: any RandomSource) -> DurableObjectID {
        complete(base: random.bytes(16), name: nil)
    }

    /// - Throws: `.invalidID` in workerd's words.
    func id(text: String) throws(DurableObjectError) -> DurableObjectID {
        let digits = Array(text.utf8)
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let high = Self.digit(digits[index]), let low = Self.digit(digits[index + 1])
            else { break }
            bytes.append(high << 4 | low)
        }
        guard digits.count == 64, bytes.count == 32 else {
            throw DurableObjectError(
                .invalidID, "Invalid Durable Object ID: must be 64 hex digits")
        }
        guard Array(bytes[16...]) == code(Array(bytes[..<16])) else {
            throw DurableObjectError(
                .invalidID, "Durable Object ID is not valid for this namespace.")
        }
        return DurableObjectID(checked: bytes, name: nil)
    }

    private func complete(base: [UInt8], name: String?) -> DurableObjectID {
        DurableObjectID(checked: base + code(base), name: name)
    }

    private func code(_ bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data(bytes), using: key).prefix(16))
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
