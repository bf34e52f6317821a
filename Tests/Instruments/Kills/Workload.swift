import CairnSimulation
import CairnStore

/// The steps of one life, in order.
struct Workload: Sendable {
    private static let keyspaces = ["left", "right", "third"]
    private static let keyCount = 40

    private var random: SeededRandom
    private let segmentByteCount: Int
    /// Whether this life hardly ever waits: its commits outrun the committer and roll over in memory.
    private let isHasty: Bool

    init(seed: UInt64, segmentByteCount: Int) {
        random = SeededRandom(seed: seed)
        self.segmentByteCount = segmentByteCount
        isHasty = random.oneIn(4)
    }

    mutating func next() -> WorkloadStep {
        var step = WorkloadStep()
        step.durability = [.durable, .durable, .buffered, .buffered, .memory][random.below(5)]
        if isHasty && !random.oneIn(8) { step.durability = .memory }
        step.waits = step.durability != .memory && !random.oneIn(3)
        if random.oneIn(60) { step.changes.append(.drop(keyspace: "third")) }
        let count = 1 + random.below(6)
        // What fits every segment with the keys. Or now and then so much that values are cut into
        // chunks and, in the largest segments, batches into frames.
        var room = min((segmentByteCount - 4096) / 2 - 256, 12 << 10)
        let isLarge = segmentByteCount >= 1 << 20 && random.oneIn(8)
        if isLarge { room = segmentByteCount / 2 }
        for index in 0..<count {
            // Both of the first two, so that half a batch shows.
            let name = index < 2 ? Self.keyspaces[index] : Self.keyspaces[random.below(3)]
            let number = random.below(Self.keyCount)
            let key = number == 0 ? [] : Array("key-\(number)".utf8)
            if random.oneIn(5) {
                step.changes.append(.delete(keyspace: name, key: key))
            } else {
                let length = isLarge ? room / count / 2 + random.below(room / count / 2) : nil
                step.changes.append(put(name, key, length, valueByteCountMax: room / count))
            }
        }
        return step
    }

    private mutating func put(
        _ name: String, _ key: [UInt8], _ length: Int?, valueByteCountMax limit: Int
    ) -> WorkloadStep.Change {
        let length = length ?? random.below(random.oneIn(2) ? min(limit, 64) : limit)
        var value = [UInt8](repeating: UInt8(truncatingIfNeeded: length), count: length)
        // Half of them a compressor can do nothing with.
        let noise = random.oneIn(2) ? length : min(length, 16)
        for start in stride(from: 0, to: noise, by: 8) {
            let word = random.next()
            for index in start..<min(start + 8, noise) {
                value[index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * (index - start)))
            }
        }
        var expiry: Int64?
        if random.oneIn(8) { expiry = WorkloadStep.futureExpiry }
        if random.oneIn(40) { expiry = WorkloadStep.pastExpiry }
        let metadata = random.oneIn(4) ? Array("metadata-\(random.below(1000))".utf8) : []
        return .put(keyspace: name, key: key, value: value, metadata: metadata, expiry: expiry)
    }
}
