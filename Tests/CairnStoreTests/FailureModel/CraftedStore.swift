import CairnPlatform
import CairnSimulation

@testable import CairnStore

/// A store made byte by byte. Whatever stands in it, its checksums hold: what a test meets is the check
/// behind them.
struct CraftedStore {
    static let identity = SegmentIdentity(
        store: StoreID(high: 0xA, low: 0xB), number: 1, salt: 0xC)

    /// Bytes that stand in the manifest, the segment's header or a frame's header in place of the
    /// right ones, by offset.
    typealias Patches = [Int: [UInt8]]

    var manifestPatches: Patches = [:]
    var headerPatches: Patches = [:]
    private var log: [UInt8] = []
    private var chain: UInt32 = 0
    private var nextSequence: UInt64 = 1

    /// Where the next frame goes.
    var end: Int { SegmentHeader.byteCount + log.count }

    /// Appends a frame of one batch.
    mutating func append(_ records: [CraftedRecord], _ patches: Patches = [:]) {
        let offset = end
        let start = offset + FrameHeader.byteCount
        var payload: [UInt8] = []
        for record in records { payload += record.bytes(at: start + payload.count) }
        let padded =
            payload
            + [UInt8](repeating: 0, count: FrameHeader.padded(payload.count) - payload.count)
        let header = FrameHeader(
            kind: .commit, batchCount: 1, payloadByteCount: payload.count,
            payloadChecksum: Self.identity.checksum(of: padded, in: 0..<padded.count, at: start),
            recordCount: UInt32(records.count), firstSequence: nextSequence, epoch: 0,
            previousChecksum: chain, promisedSequence: nextSequence - 1, wallClock: 0)
        var bytes = Self.patched(header.encoded(in: Self.identity, at: offset).bytes, patches)
        chain = Self.identity.checksum(of: bytes, in: 8..<bytes.count, at: offset)
        bytes.replaceSubrange(4..<8, with: littleEndian(chain))
        log += bytes + padded
        nextSequence += 1
    }

    /// Appends a frame that creates keyspace 1, `people`, and puts `ada`.
    mutating func appendPeople() {
        append([
            CraftedRecord(kind: 3, sequence: nextSequence, key: bytes("people")),
            CraftedRecord(sequence: nextSequence, key: bytes("ada"), stored: bytes("countess")),
        ])
    }

    /// Flips a bit behind the checksums.
    mutating func damage(at offset: Int) { log[offset - SegmentHeader.byteCount] ^= 1 }

    /// A disk with the store on it, as a kill leaves it.
    var disk: SimulatedFileSystem {
        let manifest = Manifest(
            store: Self.identity.store, hashKeyHigh: 0, hashKeyLow: 0, epoch: 0, historyFloor: 0,
            nextSegment: 2, nextKeyspace: 1,
            floor: Manifest.Floor(sequence: 0, segment: 1, offset: 4096, chain: 0),
            isClosed: false,
            segments: [Manifest.Segment(number: 1, salt: Self.identity.salt)])
        let header = SegmentHeader(
            identity: Self.identity, epoch: 0, createdAt: 0, sequenceFloor: 1, historyFloor: 0)
        let space = [UInt8](repeating: 0, count: max(4096, 8192 - log.count))
        return SimulatedFileSystem(
            files: [
                SimulatedStore.manifest: Self.sealed(manifest.encoded(), manifestPatches),
                SimulatedStore.log: Self.sealed(header.encoded(), headerPatches) + log + space,
            ], directories: ["/disk", SimulatedStore.path])
    }

    /// What opening the store and reading everything in it comes to: `nil` when all is well.
    func outcome(_ disk: SimulatedFileSystem? = nil) -> StoreError.Kind? {
        let world = SimulatedStore(disk ?? self.disk)
        do throws(StoreError) {
            let store = try world.open()
            for name in store.keyspaces() { _ = try store.keyspace(name).list() }
            try store.close()
            return nil
        } catch { return error.kind }
    }

    /// `bytes` with the patches, and with the checksum at its end made right again.
    private static func sealed(_ bytes: [UInt8], _ patches: Patches) -> [UInt8] {
        var bytes = patched(bytes, patches)
        var checksum = CRC32C()
        checksum.add(bytes, in: 0..<bytes.count - 4)
        bytes.replaceSubrange((bytes.count - 4)..., with: littleEndian(checksum.value))
        return bytes
    }

    private static func patched(_ bytes: [UInt8], _ patches: Patches) -> [UInt8] {
        var bytes = bytes
        for (offset, patch) in patches {
            bytes.replaceSubrange(offset..<offset + patch.count, with: patch)
        }
        return bytes
    }
}

/// One record in which any field may say anything.
struct CraftedRecord {
    var kind: UInt8 = 1
    var flags: UInt8 = 0
    var codec: UInt8 = 0
    var sequence: UInt64 = 1
    var keyspace: UInt64 = 1
    var key: [UInt8] = []
    var stored: [UInt8] = []
    /// What the record says where that is not the truth.
    var keyByteCount: UInt64?
    var storedByteCount: UInt64?
    /// Only with a codec.
    var rawByteCount: UInt64 = 0
    /// Only with flag 1.
    var expiry: UInt64 = 0
    /// Only with flag 2.
    var metadataByteCount: UInt64 = 0

    func bytes(at offset: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(UInt32(0))
        writer.append([kind, flags, codec])
        writer.appendVarint(sequence)
        writer.appendVarint(keyspace)
        writer.appendVarint(keyByteCount ?? UInt64(key.count))
        writer.appendVarint(storedByteCount ?? UInt64(stored.count))
        if codec != 0 { writer.appendVarint(rawByteCount) }
        if flags & 1 != 0 { writer.appendVarint(expiry) }
        if flags & 2 != 0 { writer.appendVarint(metadataByteCount) }
        writer.append(key + stored)
        writer.overwrite(
            at: 0,
            with: CraftedStore.identity.checksum(
                of: writer.bytes, in: 4..<writer.count, at: offset))
        return writer.bytes
    }
}

/// The bytes of a number as every file has them.
func littleEndian<Word: FixedWidthInteger>(_ value: Word) -> [UInt8] {
    stride(from: 0, to: Word.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
}
