import CairnFiles
import CairnSimulation
import Testing

@testable import CairnStore

/// The worked example of Docs/Formats/Segment.md, byte for byte.
@Suite("Golden bytes") struct GoldenTests {
    private let segment = SegmentIdentity(
        store: StoreID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10), number: 1,
        salt: 0x1122_3344_5566_7788)

    /// Only a segment's identity shows in its bytes; the file is never touched.
    private func scratchSegment() throws -> Segment {
        let disk = SimulatedFileSystem()
        return Segment(
            identity: segment, path: "/disk/s", file: try File("/disk/s", .create, in: disk))
    }

    private func frame() throws -> Frame {
        var frame = Frame(
            segment: try scratchSegment(), offset: 4096, kind: .commit, firstSequence: 1)
        _ = frame.append(
            Record(kind: .createKeyspace, sequence: 1, keyspace: 1, key: Array("users".utf8)))
        _ = frame.append(
            Record(
                kind: .put, sequence: 1, keyspace: 1, key: Array("ada".utf8),
                metadata: Array("{}".utf8), expiry: 1000, rawByteCount: 8,
                stored: Array("countess".utf8)))
        frame.endBatch()
        return frame
    }

    @Test func `a frame of two records`() throws {
        var writer = ByteWriter()
        let checksum = try frame().encode(
            to: &writer, previousChecksum: 0, promisedSequence: 0, epoch: 0,
            wallClock: 1_700_000_000_000)
        let bytes = writer.bytes
        #expect(hexadecimal(bytes) == Self.golden)
        let (header, found) = try #require(
            FrameHeader.decode(bytes, from: 0, in: segment, at: 4096))
        #expect(found == checksum)
        #expect(header.recordCount == 2)
        // The same bytes anywhere else are not a frame.
        #expect(FrameHeader.decode(bytes, from: 0, in: segment, at: 4112) == nil)
        let other = SegmentIdentity(store: segment.store, number: 2, salt: segment.salt)
        #expect(FrameHeader.decode(bytes, from: 0, in: other, at: 4096) == nil)
    }

    @Test func `a segment's header`() throws {
        let header = SegmentHeader(
            identity: segment, epoch: 0, createdAt: 1_700_000_000_000, sequenceFloor: 1,
            historyFloor: 0)
        let bytes = header.encoded()
        #expect(bytes.count == 4096)
        #expect(hexadecimal(Array(bytes[..<80])) == Self.goldenHeader)
        #expect(try SegmentHeader.decode(bytes).get() == header)
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            bytes[start..<min(start + 16, bytes.count)]
                .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        }.joined(separator: "\n")
    }

    private static let golden = """
        43 72 6e 46 34 e7 7b c9 01 00 01 00 2b 00 00 00
        92 06 35 47 02 00 00 00 01 00 00 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        00 68 e5 cf 8b 01 00 00 00 00 00 00 00 00 00 00
        f1 4b fe f7 03 00 00 01 01 05 00 75 73 65 72 73
        2d 34 22 a1 01 03 00 01 01 03 08 e8 07 02 61 64
        61 7b 7d 63 6f 75 6e 74 65 73 73 00 00 00 00 00
        """

    private static let goldenHeader = """
        43 41 49 52 4e 53 45 47 01 00 01 00 00 00 00 00
        08 07 06 05 04 03 02 01 10 0f 0e 0d 0c 0b 0a 09
        01 00 00 00 00 00 00 00 88 77 66 55 44 33 22 11
        00 68 e5 cf 8b 01 00 00 01 00 00 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        """
}
