import CairnFiles

/// A checkpoint: header, trailer, tables and, if asked for, the slots. Shards are read even if they are not
/// shown, so that damage is.
struct CheckpointDump {
    private let path: String
    private let fileSystem: any FileSystem
    private let shards: Bool

    init(_ path: String, _ fileSystem: any FileSystem, shards: Bool) {
        self.path = path
        self.fileSystem = fileSystem
        self.shards = shards
    }

    func run(_ show: (FileDumper.Item) -> Void) throws(StoreError) {
        try naming("cannot read \(path)") { () throws(FileError) in
            let start = try File(path, .read, in: fileSystem).read(
                at: 0, byteCount: CheckpointHeader.byteCount)
            let header: CheckpointHeader
            do throws(CheckpointDefect) { header = try CheckpointHeader.decode(start) } catch {
                return show(Self.damage(error))
            }
            do throws(CheckpointFile.Failure) {
                show(
                    FileDumper.Item(
                        "header", at: 0,
                        [
                            .text("store", header.store.hexadecimal),
                            .number("nextSequence", header.nextSequence),
                            .hexadecimal("salt", header.salt),
                            .number("shards", IndexTable.shardCount),
                        ]))
                try body(header.store, show)
            } catch {
                switch error {
                case .defect(let defect): show(Self.damage(defect))
                case .file(let cause): throw cause
                }
            }
        }
    }

    private static func damage(_ defect: CheckpointDefect) -> FileDumper.Item {
        .damage(at: defect.offset, "expected a checkpoint, found that \(defect.description)")
    }

    private func body(
        _ store: StoreID, _ show: (FileDumper.Item) -> Void
    ) throws(CheckpointFile.Failure) {
        let file = try CheckpointFile(path, store: store, fileSystem)
        for index in 0..<IndexTable.shardCount { try shard(index, of: file, show) }
        tables(file.tables, at: file.trailer.tablesOffset, show)
        let offset = file.byteCount - CheckpointTrailer.byteCount
        show(
            FileDumper.Item(
                "trailer", at: offset,
                [
                    .number("countedSequence", file.trailer.countedSequence),
                    .number("tablesOffset", file.trailer.tablesOffset),
                    .number("tablesBytes", file.trailer.tablesByteCount),
                ]))
        show(.position("position", at: offset, file.trailer.position))
        show(.position("proof", at: offset + LogPosition.byteCount, file.trailer.proof))
    }

    private func shard(
        _ index: Int, of file: CheckpointFile, _ show: (FileDumper.Item) -> Void
    ) throws(CheckpointFile.Failure) {
        do throws(CheckpointFile.Failure) {
            let slots = try file.shard(index)
            guard shards else { return }
            for (number, slot) in slots.enumerated() {
                let place = slot.place
                let segment = Int(place.segmentSlot)
                show(
                    FileDumper.Item(
                        "slot", at: file.offset(of: index) + number * IndexSlot.byteCount,
                        [
                            .number("shard", index), .hexadecimal("hash", slot.home),
                            .hexadecimal("tag", UInt64(slot.tag)),
                            segment < file.tables.segments.count
                                ? .number("segment", file.tables.segments[segment].number)
                                : .text("segment", "unknown"),
                            .number("recordOffset", place.offset),
                            .number("footprintBytes", place.footprint),
                            place.isChunked ? .flag("chunked", true) : nil,
                        ]))
            }
        } catch {
            guard case .defect(let defect) = error else { throw error }
            show(
                .damage(
                    at: file.offset(of: index),
                    "expected shard \(index), found that \(defect.description)"))
        }
    }

    private func tables(
        _ tables: CheckpointTables, at offset: Int, _ show: (FileDumper.Item) -> Void
    ) {
        show(
            FileDumper.Item(
                "tables", at: offset,
                [
                    .number("slots", tables.shards.reduce(0) { $0 + $1.count }),
                    .number("segments", tables.segments.count),
                    .number("keyspaces", tables.spaces.count),
                    .number("nextKeyspace", tables.nextKeyspace),
                    .number("lastDrop", tables.lastDropSequence),
                    .number("unswept", tables.unswept.count),
                ]))
        for (index, segment) in tables.segments.enumerated() {
            show(
                FileDumper.Item(
                    "segment", at: offset + IndexTable.shardCount * 8 + 4 + 32 * index,
                    [
                        .number("segment", segment.number), .hexadecimal("salt", segment.salt),
                        .number("recordBytes", segment.recordByteCount),
                        .number("liveBytes", segment.liveByteCount),
                    ]))
        }
        for number in tables.unswept {
            show(FileDumper.Item("unswept", at: offset, [.number("keyspace", number)]))
        }
        for (number, space) in tables.spaces.sorted(by: { $0.key < $1.key }) {
            show(
                FileDumper.Item(
                    "keyspace", at: offset,
                    [
                        .number("keyspace", number), .bytes("name", Array(space.name.utf8)),
                        .number("keys", space.keyCount), .number("liveBytes", space.byteCount),
                        .number("lastSequence", space.lastSequence),
                    ]))
        }
    }
}
