import CairnFiles
import CairnPlatform

/// Makes the segments of a store: header, reserved space, directory entry and manifest entry are all
/// durable before a commit may go into one.
struct SegmentMaker: Sendable {
    let directory: String
    let segmentByteCount: Int
    let components: StoreComponents
    let manifest: ManifestFile

    /// How making one failed.
    enum Failure: Error {
        /// There is no space, or no descriptor; nothing is left behind and it may be tried again.
        case refused(StoreError)
        /// The disk did something else; what is on it is unknown.
        case broken(StoreError)
    }

    /// Makes the next segment.
    /// - Parameter sequenceFloor: no commit before this sequence will go into it.
    func make(sequenceFloor: UInt64) throws(Failure) -> Segment {
        let current = manifest.current
        let identity = SegmentIdentity(
            store: current.store, number: current.nextSegment, salt: components.random.next())
        let path = directory + "/" + identity.fileName
        let segment: Segment
        do throws(FileError) {
            segment = try create(
                path, identity, sequenceFloor: sequenceFloor, epoch: current.epoch,
                historyFloor: current.historyFloor)
        } catch { throw failure(error, path) }
        do throws(ManifestFile.Failure) {
            try manifest.update { manifest in
                manifest.nextSegment = identity.number + 1
                manifest.segments.append(
                    Manifest.Segment(number: identity.number, salt: identity.salt))
            }
        } catch {
            switch error {
            case .unchanged(let cause): throw failure(cause, path)
            case .unknown(let cause):
                throw .broken(StoreError(cause, while: "cannot enter \(path) in the manifest"))
            }
        }
        return segment
    }

    private func create(
        _ path: String, _ identity: SegmentIdentity, sequenceFloor: UInt64, epoch: UInt32,
        historyFloor: UInt64
    ) throws(FileError) -> Segment {
        let files = components.fileSystem
        // What an interrupted attempt left under this number was never in the manifest.
        if try files.kind(path) != nil { try files.remove(path) }
        let segment = Segment(
            identity: identity, path: path, file: try File(path, .create, in: files))
        let header = SegmentHeader(
            identity: identity, epoch: epoch,
            createdAt: components.clock.millisecondsSinceEpoch, sequenceFloor: sequenceFloor,
            historyFloor: historyFloor)
        try segment.write(header.encoded(), at: 0)
        try segment.reserve(segmentByteCount)
        try segment.synchronize(.all)
        try files.synchronizeDirectory(directory)
        return segment
    }

    private func failure(_ error: FileError, _ path: String) -> Failure {
        let mayPass = error.isOutOfSpace || error.isOutOfFiles
        guard mayPass && !PlantedBug.fullDiskPoisons.isPlanted else {
            return .broken(StoreError(error, while: "cannot make segment \(path)"))
        }
        try? components.fileSystem.remove(path)
        return .refused(StoreError(error, while: "cannot make segment \(path)"))
    }
}
