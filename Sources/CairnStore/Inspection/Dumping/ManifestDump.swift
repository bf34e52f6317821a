import CairnFiles

/// A manifest: what it says of the store, and the segments it names. The hash key stays a secret.
struct ManifestDump {
    private let path: String
    private let fileSystem: any FileSystem

    init(_ path: String, _ fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    func run(_ show: (FileDumper.Item) -> Void) throws(StoreError) {
        let bytes = try naming("cannot read \(path)") { () throws(FileError) in
            let file = try File(path, .read, in: fileSystem)
            return try file.read(at: 0, byteCount: min(Int(try file.byteCount()), 1 << 20))
        }
        switch Manifest.decode(bytes) {
        case .failure(let defect):
            show(.damage(at: 0, "expected a manifest, found \(defect)"))
        case .success(let manifest): self.show(manifest, show)
        }
    }

    private func show(_ manifest: Manifest, _ show: (FileDumper.Item) -> Void) {
        show(
            FileDumper.Item(
                "manifest", at: 0,
                [
                    .flag("closed", manifest.isClosed), .number("epoch", manifest.epoch),
                    .text("store", manifest.store.hexadecimal),
                    .number("historyFloor", manifest.historyFloor),
                    .number("nextSegment", manifest.nextSegment),
                    .number("nextKeyspace", manifest.nextKeyspace),
                    .number("segments", manifest.segments.count),
                ]))
        let floor = manifest.floor
        show(
            FileDumper.Item(
                "floor", at: 72,
                [
                    .number("sequence", floor.sequence), .number("segment", floor.segment),
                    .number("frameOffset", floor.offset),
                    .hexadecimal("chain", UInt64(floor.chain)),
                ]))
        for (index, segment) in manifest.segments.enumerated() {
            show(
                FileDumper.Item(
                    "segment", at: 104 + 16 * index,
                    [.number("segment", segment.number), .hexadecimal("salt", segment.salt)]))
        }
    }
}
