import CairnPlatform
import Testing

@Suite("Keyed hash") struct KeyedHashTests {
    /// Of the bytes 00, 01, 02 … with the key 00 … 0f, as SipHash's authors have them.
    @Test(arguments: [
        (8, "3B62A9BA6258F5610F83E264F31497B4"), (9, "264499060AD9BAABC47F8B02BB6D71ED"),
        (15, "5493E99933B0A8117E08EC0F97CFC3D9"), (40, "DF6A301E95C95DAD97AE0CC8C6913BD8"),
    ])
    func `known hashes`(_ count: Int, _ expected: String) {
        let hash = KeyedHash(key0: 0x0706_0504_0302_0100, key1: 0x0F0E_0D0C_0B0A_0908)
        let rest = (8..<count).map { UInt8($0) }
        let (high, low) = unsafe hash.hash(0x0706_0504_0302_0100, rest.span.bytes)
        let text = [high, low].flatMap { word in
            (0..<8).map { byte -> String in
                let value = UInt8(truncatingIfNeeded: word >> (8 * byte))
                return (value < 16 ? "0" : "") + String(value, radix: 16, uppercase: true)
            }
        }
        #expect(text.joined() == expected)
    }
}
