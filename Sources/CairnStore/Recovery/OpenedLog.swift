import CairnFiles
import CairnPlatform

/// A store's log, found or founded: the manifest, the recovered segments, the maker of more.
struct OpenedLog {
    let manifest: ManifestFile
    let maker: SegmentMaker
    let recovered: Recovery.Outcome
    let index: StoreIndex
    let opening: StoreOpening
    /// What the checkpoint that was found knew of the log.
    let checkpointed: (recordByteCount: Int, byteCount: Int)
    /// Bytes of a torn tail that were cut off.
    let droppedByteCount: Int

    /// Opens the log in a directory whose lock is held.
    init(
        _ directory: StoreDirectory, _ settings: StoreSettings, _ components: StoreComponents,
        _ cache: StoreCache, _ progress: (StoreOpeningProgress) -> Void
    ) throws(StoreError) {
        let found = try directory.manifest()
        if let found { try Self.checkEpoch(settings.epoch, against: found, directory.path) }
        let manifest = ManifestFile(
            found ?? Self.founding(settings, components), directory: directory.path,
            fileSystem: components.fileSystem)
        let maker = SegmentMaker(
            directory: directory.path, segmentByteCount: settings.segmentByteCount,
            components: components, manifest: manifest)
        self.manifest = manifest
        self.maker = maker
        var segments: [Segment] = []
        if let found {
            // The names that are there may be in the kernel's memory alone: nothing new before they are
            // durable, or a power cut could keep a segment and take the manifest.
            if !PlantedBug.namesNotSyncedFirst.isPlanted {
                try naming("cannot synchronize \(directory.path)") { () throws(FileError) in
                    try components.fileSystem.synchronizeDirectory(directory.path)
                }
            }
            for entry in found.segments {
                segments.append(try directory.open(entry, of: found.store, .readWrite))
            }
            try directory.checkStrangers(found)
        } else {
            try directory.synchronizeName()
            // The manifest comes first: a segment without one is never a fresh store's.
            try Self.write(manifest, directory.path) { _ in }
        }
        if segments.isEmpty { segments = [try Self.make(maker, sequenceFloor: 1)] }
        let known = try IndexRecovery(
            directory, manifest.current, segments, cache, settings, components, progress)
        var recovered = known.recovered
        index = known.index
        opening = known.opening
        checkpointed = known.checkpointed
        if found != nil {
            // Up to here a refusal has changed no byte; from here on files are written to.
            try naming("cannot write the manifest of \(directory.path)") { () throws(FileError) in
                try manifest.rehearse()
            }
        }
        try naming("cannot synchronize the log") { () throws(FileError) in
            try recovered.makeDurable()
        }
        if recovered.needsSegment {
            let next = try Self.make(maker, sequenceFloor: recovered.end.nextSequence)
            index.add(next)
            recovered.goOn(in: next)
        }
        self.recovered = recovered
        droppedByteCount = try naming("cannot repair the log's end") { () throws(FileError) in
            try recovered.reserveSpace(segmentByteCount: settings.segmentByteCount)
        }
        // All that is kept is durable now, and its space reserved; no later open may find less.
        try Self.write(manifest, directory.path) { manifest in
            manifest.epoch = max(manifest.epoch, settings.epoch)
            manifest.isClosed = false
            manifest.nextKeyspace = max(
                manifest.nextKeyspace, known.index.withAccounts { $0.nextKeyspace })
            if PlantedBug.floorNotRecorded.isPlanted { return }
            manifest.floor = Manifest.Floor(
                sequence: recovered.end.nextSequence - 1, segment: recovered.end.segment,
                offset: UInt64(recovered.end.offset), chain: recovered.end.chain)
        }
        known.removeLeftovers(in: directory)
    }

    private static func founding(
        _ settings: StoreSettings, _ components: StoreComponents
    ) -> Manifest {
        Manifest(
            store: StoreID(random: components.random), hashKeyHigh: components.random.next(),
            hashKeyLow: components.random.next(), epoch: settings.epoch, historyFloor: 0,
            nextSegment: 1, nextKeyspace: 1,
            floor: Manifest.Floor(sequence: 0, segment: 0, offset: 0, chain: 0),
            isClosed: false, segments: [])
    }

    private static func checkEpoch(
        _ epoch: UInt32, against manifest: Manifest, _ path: String
    ) throws(StoreError) {
        guard epoch != 0, epoch < manifest.epoch else { return }
        throw StoreError(
            .locked,
            "cannot open the store in \(path) with epoch \(epoch): an owner with epoch "
                + "\(manifest.epoch) has taken it over")
    }

    private static func make(
        _ maker: SegmentMaker, sequenceFloor: UInt64
    ) throws(StoreError) -> Segment {
        do throws(SegmentMaker.Failure) {
            return try maker.make(sequenceFloor: sequenceFloor)
        } catch {
            switch error {
            case .refused(let error), .broken(let error): throw error
            }
        }
    }

    private static func write(
        _ manifest: ManifestFile, _ path: String, _ change: (inout Manifest) -> Void
    ) throws(StoreError) {
        do throws(ManifestFile.Failure) { try manifest.update(change) } catch {
            switch error {
            case .unchanged(let cause), .unknown(let cause):
                throw StoreError(cause, while: "cannot write the manifest of \(path)")
            }
        }
    }
}
