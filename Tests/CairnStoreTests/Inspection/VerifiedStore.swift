import CairnSimulation
import Testing

@testable import CairnStore

/// A store with everything a verification compares: several segments, key runs and a checkpoint, with
/// chunked and compressed values, keys that went, a keyspace that was dropped.
struct VerifiedStore {
    let files: [String: [UInt8]]

    static let checkpoint = SimulatedStore.path + "/" + CheckpointFile.fileName

    init(closed: Bool = true) throws {
        var world = SimulatedStore(seed: 7)
        world.settings.segmentByteCount = 512 << 10
        world.settings.checkpointByteCount = 4 << 10
        let store = try world.open()
        let space = try store.keyspace("s")
        let other = try store.keyspace("other")
        let gone = try store.keyspace("gone")
        for round in 0..<3 as Range<UInt64> {
            for number in 0..<120 as Range<UInt64> {
                try space.put(
                    "key \(number)", noise(Int(number), seed: round), metadata: bytes("m\(round)"),
                    expiry: number % 5 == 0 ? 9_000_000_000_000 : nil, durability: .memory)
                if number % 3 == round { try space.delete("key \(number)", durability: .memory) }
                if number % 10 == 0 { try gone.put("g\(number)", [1], durability: .memory) }
            }
            try other.put("long", noise(300_000, seed: round))
            try other.put("zeros", [UInt8](repeating: 0, count: 50_000))
            world.settle()
        }
        var batch = WriteBatch()
        batch.drop(gone)
        try store.commit(batch).waitUntilAcknowledged()
        world.settle()
        for number in 0..<40 { try other.put("late \(number)", noise(200), durability: .memory) }
        try other.put("last", [1])
        world.settle()
        if closed { try store.close() }
        files = world.files
    }

    var runs: [String] { files.keys.filter { $0.hasSuffix(".keys") }.sorted() }
    var segments: [String] { files.keys.filter { $0.hasSuffix(".segment") }.sorted() }

    static func verify(_ files: [String: [UInt8]]) throws -> StoreVerifier.Report {
        try StoreVerifier.verify(
            at: SimulatedStore.path, fileSystem: SimulatedStore(files: files).disk)
    }

    /// What is found when `path` is changed.
    func findings(
        _ path: String, _ change: (inout [UInt8]) -> Void
    ) throws -> [StoreVerifier.Finding] {
        var damaged = files
        change(&damaged[path, default: []])
        return try Self.verify(damaged).findings
    }

    /// The places of the frames of a segment.
    func frames(of path: String) -> [(offset: Int, header: FrameHeader)] {
        let bytes = files[path] ?? []
        guard case .success(let segment) = SegmentHeader.decode(Array(bytes.prefix(4096))) else {
            return []
        }
        var frames: [(Int, FrameHeader)] = []
        var offset = 4096
        while offset + 64 <= bytes.count,
            let (header, _) = FrameHeader.decode(
                bytes, from: offset, in: segment.identity, at: offset)
        {
            frames.append((offset, header))
            offset += 64 + header.paddedPayloadByteCount
        }
        return frames
    }
}
