import CairnFiles
import CairnPlatform

/// A checkpoint as found: tables in memory, shards read when they are asked for.
///
/// Trusted shard by shard, each by its checksum: Docs/Formats/Checkpoint.md.
final class CheckpointFile: Sendable {
    static let fileName = "CHECKPOINT"

    let header: CheckpointHeader
    let trailer: CheckpointTrailer
    let tables: CheckpointTables
    let byteCount: Int
    private let file: File
    private let offsets: [Int]

    /// How opening one failed.
    enum Failure: Error {
        case file(FileError)
        case defect(CheckpointDefect)
    }

    /// Opens the checkpoint at `path` and verifies all but the shards.
    init(
        _ path: String, store: StoreID, _ fileSystem: any FileSystem
    ) throws(Failure) {
        do throws(FileError) {
            file = try File(path, .read, in: fileSystem)
            byteCount = Int(try file.byteCount())
        } catch { throw .file(error) }
        let start = try Self.read(file, 0, CheckpointHeader.byteCount)
        let trailerOffset = byteCount - CheckpointTrailer.byteCount
        guard trailerOffset >= CheckpointHeader.byteCount else { throw .defect(.short(byteCount)) }
        let end = try Self.read(file, trailerOffset, CheckpointTrailer.byteCount)
        do throws(CheckpointDefect) {
            header = try CheckpointHeader.decode(start)
            guard header.store == store else { throw .store }
            trailer = try CheckpointTrailer.decode(end, in: header.identity, at: trailerOffset)
        } catch { throw .defect(error) }
        let bytes = try Self.read(file, trailer.tablesOffset, trailer.tablesByteCount)
        let checksum = header.identity.checksum(
            of: bytes, in: 0..<bytes.count, at: trailer.tablesOffset)
        guard checksum == trailer.tablesChecksum else {
            throw .defect(.checksum(offset: trailer.tablesOffset))
        }
        guard let tables = CheckpointTables(bytes) else {
            throw .defect(.range(offset: trailer.tablesOffset))
        }
        self.tables = tables
        var offsets: [Int] = []
        var offset = CheckpointHeader.byteCount
        for shard in tables.shards {
            offsets.append(offset)
            offset += shard.count * IndexSlot.byteCount
        }
        guard offset == trailer.tablesOffset else {
            throw .defect(.range(offset: trailer.tablesOffset))
        }
        self.offsets = offsets
    }

    /// Where a shard begins.
    func offset(of shard: Int) -> Int { offsets[shard] }

    /// The slots of a shard, verified.
    func shard(_ index: Int) throws(Failure) -> [IndexSlot] {
        let shard = tables.shards[index]
        guard shard.count > 0 else { return [] }
        let bytes = try Self.read(file, offsets[index], shard.count * IndexSlot.byteCount)
        let checksum = header.identity.checksum(
            of: bytes, in: 0..<bytes.count, at: offsets[index])
        guard checksum == shard.checksum || PlantedBug.shardUnverified.isPlanted else {
            throw .defect(.checksum(offset: offsets[index]))
        }
        return SlotBytes.decode(bytes)
    }

    private static func read(
        _ file: borrowing File, _ offset: Int, _ byteCount: Int
    ) throws(Failure) -> [UInt8] {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try file.read(at: Int64(offset), byteCount: byteCount)
        } catch { throw .file(error) }
        guard bytes.count == byteCount else { throw .defect(.short(offset + bytes.count)) }
        return bytes
    }
}
