import CairnFiles

/// The manifest and the segments of a store that is being verified: as many as can be read at all.
struct VerifiedFiles {
    let directory: StoreDirectory
    private let ledger: VerifyLedger
    /// `nil` when it cannot be read: then the segments speak for themselves.
    private(set) var manifest: Manifest?
    private(set) var segments: [Segment] = []
    /// Numbers of segments that are not in `segments` although they should be.
    private(set) var missing: Set<UInt64> = []

    init(_ directory: StoreDirectory, _ ledger: VerifyLedger) {
        self.directory = directory
        self.ledger = ledger
    }

    /// The store's identity.
    var store: StoreID? { manifest?.store ?? segments.first?.identity.store }

    mutating func open() throws(StoreError) {
        let path = directory.path + "/" + Manifest.fileName
        do throws(StoreError) {
            manifest = try directory.manifest()
            ledger.advance(manifest?.encoded().count ?? 0)
        } catch {
            guard error.cause == nil else { throw error }
            ledger.data(
                path, 0, error.message,
                consequence: "the store does not open; how far its log must reach is not known")
        }
        if let manifest { try openSegments(manifest) } else { try openSegmentsAlone() }
    }

    private mutating func openSegments(_ manifest: Manifest) throws(StoreError) {
        for entry in manifest.segments {
            let path = directory.path + "/" + SegmentIdentity.fileName(of: entry.number)
            do throws(StoreError) {
                segments.append(try directory.open(entry, of: manifest.store, .read))
            } catch {
                guard error.cause == nil else { throw error }
                ledger.log(
                    path, 0, error.message,
                    consequence: error.kind == .corrupt
                        ? "the store does not open"
                        : "the store does not open; none of the segment's commits can be read")
                // What the frames' checksums need is in the manifest too.
                if error.kind == .corrupt, try openAnyway(entry, manifest, path) { continue }
                missing.insert(entry.number)
            }
        }
        let known = Set(manifest.segments.map(\.number))
        for name in try directory.segmentNames().sorted() {
            guard let number = SegmentIdentity.number(inFileName: name), !known.contains(number)
            else { continue }
            do throws(StoreError) {
                try directory.checkStranger(name, number, manifest)
            } catch {
                guard error.cause == nil else { throw error }
                ledger.data(
                    directory.path + "/" + name, 0, error.message,
                    consequence: error.kind == .foreign
                        ? "the store does not open before it is moved away"
                        : "the store does not open: this manifest leaves the file's commits out"
                )
            }
        }
    }

    private mutating func openAnyway(
        _ entry: Manifest.Segment, _ manifest: Manifest, _ path: String
    ) throws(StoreError) -> Bool {
        try naming("cannot open \(path)") { () throws(FileError) in
            let file = try File(path, .read, in: directory.fileSystem)
            guard try file.byteCount() > Int64(SegmentHeader.byteCount) else { return false }
            segments.append(
                Segment(
                    identity: SegmentIdentity(
                        store: manifest.store, number: entry.number, salt: entry.salt),
                    path: path, file: file))
            return true
        }
    }

    /// Without a manifest every segment file counts that has a header of the same store.
    private mutating func openSegmentsAlone() throws(StoreError) {
        for name in try directory.segmentNames().sorted() {
            let path = directory.path + "/" + name
            try naming("cannot open \(path)") { () throws(FileError) in
                guard try directory.fileSystem.kind(path) == .regular else { return }
                let file = try File(path, .read, in: directory.fileSystem)
                let bytes = try file.read(at: 0, byteCount: SegmentHeader.byteCount)
                guard case .success(let header) = SegmentHeader.decode(bytes),
                    header.identity.store == store ?? header.identity.store
                else { return }
                segments.append(Segment(identity: header.identity, path: path, file: file))
            }
        }
        segments.sort { $0.identity.number < $1.identity.number }
    }
}
