import CairnStore

/// The engine alone, through its public face. Keys have 16 bytes, values 100, half of them
/// compressible.
enum StoreBenchmarks {
    static let all: [Benchmark] =
        [
            Benchmark(name: "put buffered") { plan, directory in
                try put(plan, directory, .buffered)
            },
            Benchmark(name: "put memory") { plan, directory in
                try put(plan, directory, .memory)
            },
            Benchmark(name: "get hit") { plan, directory in
                try reading(plan, directory) { keyspace, clock in
                    var state = UInt64(1)
                    return try clock.measure(batch: 16) { _ in
                        let number = Int(random(&state) % UInt64(plan.keyCount))
                        guard try keyspace.get(key(number)) != nil else { throw Missing() }
                    }
                }
            },
            Benchmark(name: "get miss") { plan, directory in
                try reading(plan, directory) { keyspace, clock in
                    try clock.measure(batch: 16) { number in
                        guard try keyspace.get(key(plan.keyCount + number)) == nil else {
                            throw Missing()
                        }
                    }
                }
            },
            Benchmark(name: "list 100") { plan, directory in
                try reading(plan, directory) { keyspace, clock in
                    var state = UInt64(1)
                    return try clock.measure { _ in
                        let start = Int(random(&state) % UInt64(plan.keyCount - 100))
                        let range = KeyRange(start: key(start), limit: 100)
                        guard try keyspace.list(range).count == 100 else { throw Missing() }
                    }
                }
            },
            Benchmark(name: "visit 100") { plan, directory in
                try reading(plan, directory) { keyspace, clock in
                    var state = UInt64(1)
                    return try clock.measure { _ in
                        let start = Int(random(&state) % UInt64(plan.keyCount - 100))
                        var byteCount = 0
                        try keyspace.visit(KeyRange(start: key(start), limit: 100)) { _, value in
                            byteCount += value.count
                        }
                        guard byteCount == 10_000 else { throw Missing() }
                    }
                }
            },
        ]
        + [1, 8, 64].map { callers in
            Benchmark(name: "put durable, \(callers) callers") { plan, directory in
                let store = try Store.open(at: directory)
                defer { try? store.close() }
                let keyspace = try store.keyspace("bench")
                return try await Stopwatch(plan.duration).measure(callers: callers) {
                    caller, number in
                    try await keyspace.put(key(caller << 32 | number), value(number))
                }
            }
        }

    /// A key that should be there is not, or one that should not is.
    struct Missing: Error {}

    private static func put(
        _ plan: Plan, _ directory: String, _ durability: Durability
    ) throws -> Measurement {
        let store = try Store.open(at: directory)
        defer { try? store.close() }
        let keyspace = try store.keyspace("bench")
        return try Stopwatch(plan.duration).measure { number in
            var batch = WriteBatch()
            batch.put(key(number), value(number), in: keyspace)
            try store.commit(batch, durability: durability).waitUntilAcknowledged()
        }
    }

    private static func reading(
        _ plan: Plan, _ directory: String, _ body: (Keyspace, Stopwatch) throws -> Measurement
    ) throws -> Measurement {
        let store = try Store.open(at: directory)
        defer { try? store.close() }
        let keyspace = try store.keyspace("bench")
        for start in stride(from: 0, to: plan.keyCount, by: 1000) {
            var batch = WriteBatch()
            for number in start..<min(start + 1000, plan.keyCount) {
                batch.put(key(number), value(number), in: keyspace)
            }
            try store.commit(batch, durability: .buffered).waitUntilAcknowledged()
        }
        return try body(keyspace, Stopwatch(plan.duration))
    }

    private static func key(_ number: Int) -> [UInt8] {
        var key = [UInt8](repeating: UInt8(ascii: "k"), count: 16)
        for index in 0..<8 {
            key[15 - index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
        return key
    }

    private static func value(_ number: Int) -> [UInt8] {
        var state = UInt64(truncatingIfNeeded: number)
        var value = [UInt8](repeating: 7, count: 100)
        for index in stride(from: 0, to: 48, by: 8) {
            let word = random(&state)
            for byte in 0..<8 {
                value[index + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte))
            }
        }
        return value
    }

    /// SplitMix64.
    private static func random(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
