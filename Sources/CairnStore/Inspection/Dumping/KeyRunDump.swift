import CairnFiles

/// A key run: header, summary, every block with its fence and its entries, trailer.
struct KeyRunDump {
    private let path: String
    private let fileSystem: any FileSystem

    init(_ path: String, _ fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    func run(_ show: (FileDumper.Item) -> Void) throws(StoreError) {
        try naming("cannot read \(path)") { () throws(FileError) in
            let source = try KeyRunSource.file(try File(path, .read, in: fileSystem))
            do throws(KeyRunError) {
                let (bytes, range) = try source.read(
                    0..<min(source.byteCount, KeyRunHeader.byteCount))
                let header = try KeyRunHeader.decode(Array(bytes[range]))
                show(Self.item(header))
                let run = try KeyRun.open(source, store: header.store)
                self.show(run.summary, at: run, show)
                for index in 0..<run.blockCount { try block(index, of: run, show) }
            } catch {
                if case .file(let cause) = error { throw cause }
                show(.damage(at: error.offset, "expected a key run, found that \(error.text)"))
            }
        }
    }

    private static func item(_ header: KeyRunHeader) -> FileDumper.Item {
        FileDumper.Item(
            "header", at: 0,
            [
                .text("store", header.store.hexadecimal),
                .number("firstSequence", header.firstSequence),
                .number("lastSequence", header.lastSequence),
                .hexadecimal("salt", header.salt),
            ])
    }

    private func show(
        _ summary: KeyRunSummary, at run: KeyRun, _ show: (FileDumper.Item) -> Void
    ) {
        let offset = run.byteCount - KeyRunTrailer.byteCount - run.summary.byteCount
        show(
            FileDumper.Item(
                "summary", at: offset,
                [
                    .number("entries", summary.entryCount), .number("puts", summary.putCount),
                    .number("segments", summary.segments.all.count),
                    .number("blocks", run.blockCount),
                ]))
        show(.position("from", at: offset, summary.from))
        show(.position("to", at: offset + LogPosition.byteCount, summary.to))
        show(.position("proof", at: offset + 2 * LogPosition.byteCount, summary.proof))
        for segment in summary.segments.all {
            show(
                FileDumper.Item(
                    "segment", at: offset,
                    [
                        .number("segment", segment.number), .hexadecimal("salt", segment.salt),
                        .number("recordBytes", segment.recordByteCount),
                    ]))
        }
    }

    private func block(
        _ index: Int, of run: KeyRun, _ show: (FileDumper.Item) -> Void
    ) throws(KeyRunError) {
        let fence = run.fences[index]
        let offset = fence.blockRange.lowerBound
        show(
            FileDumper.Item(
                "block", at: offset,
                [
                    .number("lengthBytes", fence.byteCount), .number("entries", fence.entryCount),
                    .number("keyspace", fence.keyspace),
                    .bytes("fence", run.fences.point(index).key),
                ]))
        do throws(KeyRunError) {
            let block = try run.block(index)
            for entry in 0..<block.count { show(Self.item(block, entry, at: offset)) }
        } catch {
            if case .file = error { throw error }
            show(.damage(at: offset, "expected a block, found that \(error.text)"))
        }
    }

    private static func item(_ block: KeyBlock, _ index: Int, at offset: Int) -> FileDumper.Item {
        let entry = block.entries[index]
        return FileDumper.Item(
            "entry", at: offset,
            [
                .text("kind", "\(entry.kind)"), .number("sequence", entry.sequence),
                .number("keyspace", entry.keyspace), .bytes("key", block.key(index)),
                .number("segment", entry.segment), .number("recordOffset", entry.offset),
                .number("recordBytes", entry.byteCount),
                entry.footprint == entry.byteCount
                    ? nil : .number("footprintBytes", entry.footprint),
                entry.target == 0 ? nil : .number("target", entry.target),
                entry.metadataByteCount == 0 ? nil : .bytes("metadata", block.metadata(index)),
                entry.expiry == IndexedKey.never ? nil : .number("expiry", entry.expiry),
            ])
    }
}
