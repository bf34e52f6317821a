import CairnPlatform
import Testing

@Suite("CRC32C") struct CRC32CTests {
    /// The check value of the CRC catalogue, and two vectors of RFC 3720, B.4.
    @Test func `known vectors`() {
        #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum([]) == 0)
    }

    @Test func `the instruction agrees with the table at every length and alignment`() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
        for start in 0..<9 {
            for end in start...bytes.count {
                var checksum = CRC32C()
                checksum.add(bytes, in: start..<end)
                #expect(checksum.value == CRC32C.reference(Array(bytes[start..<end])))
            }
        }
    }

    @Test func `adding in parts is adding the whole`() {
        let bytes = (0..<100).map { UInt8($0) }
        for split in 0...bytes.count {
            var checksum = CRC32C()
            checksum.add(bytes, in: 0..<split)
            checksum.add(bytes, in: split..<bytes.count)
            #expect(checksum.value == self.checksum(bytes))
        }
        var words = CRC32C()
        words.add(0x0807_0605_0403_0201)
        #expect(words.value == checksum([1, 2, 3, 4, 5, 6, 7, 8]))
    }

    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var checksum = CRC32C()
        checksum.add(bytes)
        return checksum.value
    }
}
