import CairnStore
import Testing

@Suite("Roll-over") struct RollOverTests {
    /// Goal: a batch that rolls the log over and then comes to nothing leaves the new segment empty; a
    /// clean close writes down where the log ends all the same.
    /// Method: values of every length around what just fits a segment, then a commit of nothing.
    @Test func `a store opens after a roll-over for nothing and a clean close`() throws {
        var rolled = 0
        for count in stride(from: 2400, to: 4000, by: 16) {
            let world = SimulatedStore()
            let store = try world.open()
            let space = try store.keyspace("s")
            do throws(StoreError) { try space.put("k", noise(count)) } catch {
                #expect(error.kind == .invalid)
                continue
            }
            world.settle()
            try store.commit(WriteBatch(), durability: .durable).waitUntilAcknowledged()
            try store.close()
            if world.files[SimulatedStore.secondLog]?.count == 4096 { rolled += 1 }
            let again = try world.open()
            #expect(try again.keyspace("s").get("k") == noise(count), "\(count) bytes")
            try again.keyspace("s").put("k", [1])
            try again.close()
            #expect(try world.open().keyspace("s").get("k") == [1])
        }
        #expect(rolled > 0)
    }
}
