/// Takes the slots of a dropped keyspace out of the index, some a step.
///
/// Nobody can reach them any more: its number is never used again. They only cost memory, and the bytes
/// they count as live are dead.
struct KeyspaceSweep {
    private static let keysPerStep = 1024

    private let number: UInt64
    private var next: [UInt8]? = []

    init(_ number: UInt64) { self.number = number }

    /// - Returns: whether that was all.
    mutating func step(_ index: StoreIndex) throws(StoreError) -> Bool {
        guard let start = next else { return true }
        var keys: [[UInt8]] = []
        try index.withKeys(number, from: start, to: nil, reverse: false) { item in
            keys.append(item.key)
            return keys.count < Self.keysPerStep
        }
        for key in keys {
            let fingerprint = index.hash.fingerprint(number, key)
            try index.loadShard(fingerprint.shard)
            index.forget(fingerprint)
        }
        next = keys.count < Self.keysPerStep ? nil : keys.last.map { $0 + [0] }
        guard next == nil else { return false }
        index.changeAccounts { $0.finishSweep(of: number) }
        return true
    }
}
