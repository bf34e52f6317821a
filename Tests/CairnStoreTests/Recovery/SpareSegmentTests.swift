import CairnSimulation
import CairnStore
import CairnTestSupport
import Testing

@Suite("Spare segments") struct SpareSegmentTests {
    /// Goal: a store that was killed after it had made several segments and before it had written to
    /// any of them goes on in the next one. Method: commits in memory alone fill segments, whose
    /// successors are made at once, while nothing is written; the directory is copied, which is what a
    /// kill leaves; the copy is opened, filled and opened again. A log that went on in the last of
    /// them would look, to that second open, as if a segment had lost its frames.
    @Test func `several segments made ahead are used in their order`() throws {
        let (directory, copy) = (try TemporaryDirectory("spares"), try TemporaryDirectory("copy"))
        var settings = StoreSettings()
        settings.segmentByteCount = 8 << 10
        settings.compression = .never
        let value = [UInt8](repeating: 7, count: 2000)
        let store = try Store.open(at: directory.path, settings: settings)
        for _ in 0..<6 {
            try store.keyspace("a").put("key", value, durability: .memory)
        }
        try directory.copy(to: copy)
        #expect(try copy.names().filter { $0.hasSuffix(".segment") }.count >= 3)
        try store.close()

        let second = try Store.open(at: copy.path, settings: settings)
        #expect(try second.keyspace("a").get("key") == nil)
        for number in 0..<6 {
            try second.keyspace("a").put("key-\(number)", value)
        }
        try second.close()
        let third = try Store.open(at: copy.path, settings: settings)
        #expect(try third.keyspace("a").keys().count == 6)
        try third.close()
    }

    /// Goal: a roll-over for a commit that comes to nothing leaves a store that closes and opens. Method: the
    /// segment is as full as can be, and the commit deletes from a keyspace that does not exist.
    @Test func `a roll-over for nothing leaves a store that opens`() throws {
        for size in stride(from: 0, to: 900, by: 31) {
            let world = SimulatedStore()
            let store = try world.open()
            let space = try store.keyspace("s")
            for seed in 0..<2 as Range<UInt64> { try space.put("k", noise(800, seed: seed)) }
            try space.put("k", noise(1 + size, seed: 3))
            var batch = WriteBatch()
            for number in 0..<8 { batch.delete("\(number)", in: try store.keyspace("nothing")) }
            try store.commit(batch).waitUntilDurable()
            try store.close()
            let again = try SimulatedStore(files: world.files).open()
            #expect(try again.keyspace("s").get("k") == noise(1 + size, seed: 3))
            try again.keyspace("s").put("k", [1])
            try again.close()
        }
    }
}
