import CairnFiles
import CairnPlatform
import Synchronization
import Testing

@testable import CairnStore

@Suite("Store metrics") struct StoreMetricsTests {
    /// Takes a microsecond from one look to the next.
    private final class SteppingClock: MonotonicClock {
        private let now = Atomic<UInt64>(0)
        var nanosecondsSinceStart: UInt64 { now.add(1000, ordering: .relaxed).newValue }
    }

    @Test func `commits, records, frames, bytes and syncs are counted`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        #expect(try store.metrics().commitCount == 0)
        #expect(try store.metrics().commitsPerSync == nil)
        for number in 0..<10 {
            var batch = WriteBatch()
            for part in 0..<3 { batch.put(bytes("\(number)-\(part)"), [1], in: space) }
            try store.commit(batch).waitUntilDurable()
        }
        // Changes nothing, so it is none.
        try store.commit(WriteBatch()).waitUntilDurable()
        let metrics = try store.metrics()
        #expect(metrics.commitCount == 10)
        #expect(metrics.recordCount == 31)
        #expect(metrics.frameCount >= 10)
        #expect(metrics.writtenByteCount > UInt64(metrics.recordByteCount))
        #expect(metrics.syncCount >= 10)
        #expect(metrics.syncLatency.count >= 10)
        #expect(try #require(metrics.commitsPerSync) <= 1)
        #expect(try #require(metrics.recordsPerSync) <= 3.1)
        #expect(metrics.keyCount == 30 && metrics.keyspaceCount == 1)
        #expect(metrics.indexByteCount > 30 * 16)
    }

    @Test func `reads are counted, and their bytes when they come from the disk`() throws {
        let test = try TestStore()
        let writer = try test.open()
        try writer.keyspace("s").put("a", noise(500))
        try writer.keyspace("s").put("b", noise(500))
        try writer.close()
        let store = try test.open()
        let space = try store.keyspace("s")
        #expect(try space.get("a") == noise(500))
        #expect(try space.get("none") == nil)
        #expect(try space.list().count == 2)
        let metrics = try store.metrics()
        #expect(metrics.readCount == 4)
        #expect(metrics.diskReadByteCount > 1500 && metrics.diskReadByteCount < 2000)
        #expect(metrics.cache.capacity == test.settings.cacheByteCount)
    }

    @Test func `what is alive and what is dead add up to the records`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        for round in 0..<3 { try space.put("k", noise(5000, seed: UInt64(round))) }
        let metrics = try store.metrics()
        #expect(metrics.liveByteCount > 5000 && metrics.liveByteCount < 5200)
        #expect(metrics.deadByteCount > 9000)
        #expect(metrics.recordByteCount == metrics.liveByteCount + metrics.deadByteCount)
        #expect(metrics.segments.allSatisfy { $0.fileByteCount >= $0.recordByteCount })
    }

    @Test func `keyspaces are sized up by name`() throws {
        let test = try TestStore()
        let store = try test.open()
        for (name, count) in [("app/a", 1), ("app/b", 2), ("app/c", 3), ("other", 4)] {
            let space = try store.keyspace(name)
            for number in 0..<count { try space.put("\(number)", noise(100)) }
        }
        let all = store.keyspaceMetrics()
        #expect(all.map(\.name) == ["app/a", "app/b", "app/c", "other"])
        #expect(all.map(\.keyCount) == [1, 2, 3, 4])
        #expect(
            try all.reduce(0) { $0 + $1.liveByteCountEstimate } == store.metrics().liveByteCount)
        #expect(store.keyspaceMetrics(prefix: "app/", limit: 2).map(\.name) == ["app/a", "app/b"])
        #expect(store.keyspaceMetrics(prefix: "none") == [])
        #expect(store.keyspaceMetrics(limit: 0) == [])
    }

    @Test func `a large keyspace is estimated from its first keys`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        var batch = WriteBatch()
        for number in 1000..<3500 {
            batch.put(bytes("\(number)"), [1], in: space)
            guard number % 100 == 0 else { continue }
            try store.commit(batch, durability: .memory).waitUntilAcknowledged()
            batch = WriteBatch()
        }
        try store.commit(batch).waitUntilDurable()
        let metrics = try #require(store.keyspaceMetrics().first)
        let truth = try store.metrics().liveByteCount
        #expect(metrics.keyCount == 2500)
        #expect(abs(metrics.liveByteCountEstimate - truth) < truth / 50)
    }

    @Test func `syncs are timed by the clock that was given, and failed ones are not`() throws {
        let counters = StoreCounters(clock: SteppingClock())
        try counters.timeSync {}
        try counters.timeSync {}
        #expect(throws: FileError.self) {
            try counters.timeSync { () throws(FileError) in
                throw FileError(operation: .synchronize, path: "x", code: 5)
            }
        }
        let test = try TestStore()
        var metrics = try test.open().metrics()
        counters.fill(&metrics)
        #expect(metrics.syncCount == 2)
        #expect(metrics.syncLatency.percentile(50) == 1000)
        #expect(metrics.syncLatency.longestNanoseconds == 1000)
    }

    @Test func `stripes add up`() {
        let counter = StripedCounter()
        for stripe in -20..<40 { counter.add(2, stripe: stripe) }
        #expect(counter.value == 120)
    }
}
