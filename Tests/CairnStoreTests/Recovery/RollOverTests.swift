import CairnStore
import Testing

@Suite("Roll-over") struct RollOverTests {
    /// Goal: a batch that rolls the log over and then comes to nothing leaves the new segment empty; a
    /// clean close writes down where the log ends all the same.
    /// Method: values that leave less and less room, then a delete that needs some, in a keyspace that
    /// does not exist.
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
            var nothing = WriteBatch()
            nothing.delete(noise(700), in: try store.keyspace("nowhere"))
            try store.commit(nothing, durability: .durable).waitUntilAcknowledged()
            try store.close()
            try FileDumper.dump(at: SimulatedStore.log, fileSystem: world.disk) { item in
                if item.fields.first?.value == .text("seal") { rolled += 1 }
            }
            let again = try world.open()
            #expect(try again.keyspace("s").get("k") == noise(count), "\(count) bytes")
            try again.keyspace("s").put("k", [1])
            try again.close()
            #expect(try world.open().keyspace("s").get("k") == [1])
        }
        #expect(rolled > 0)
    }
}
