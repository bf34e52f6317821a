import CairnStore
import CairnTestSupport
import Foundation
import Testing

@Suite("Kills") struct KillTests {
    /// Goal: `kill -9` at any instant loses nothing acknowledged, at either level, and halves no
    /// batch. Method: a child writes and reports each acknowledgement over a pipe; it is killed at
    /// random, a hundred times over, in the same directory, while opening too; after each kill the
    /// store is opened here and compared with the ledger.
    @Test(arguments: [Durability.durable, .buffered])
    func `FM01 a hundred kills lose nothing acknowledged`(_ level: Durability) throws {
        let directory = try TemporaryDirectory("kill")
        var random = SystemRandomNumberGenerator()
        for round in 0..<50 {
            let child = try ChildProcess(
                "CrashWriter",
                [
                    directory.path, "\(UInt64.random(in: 0...1 << 40, using: &random))",
                    level == .durable ? "durable" : "buffered", "\(64 << 10)",
                ])
            // The first rounds let it live until it has written something; later ones hit opening.
            if round % 3 == 0 { _ = child.waitForText { $0.contains("ack") } }
            Thread.sleep(forTimeInterval: Double.random(in: 0...0.03, using: &random))
            child.send(signal: 9)
            #expect(child.wait() == .signal(9), "\(child.errorText)")
            try check(directory, child.text, "round \(round)")
        }
    }

    private func check(
        _ directory: TemporaryDirectory, _ ledger: String, _ context: String
    ) throws {
        // The last line may be cut off: it was not acknowledged to anybody.
        let lines = ledger.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let last = lines.last.map { $0.split(separator: " ").compactMap { UInt64($0) } }
        let store = try Store.open(at: directory.path)
        let (left, right) = (try store.keyspace("left"), try store.keyspace("right"))
        let found = number(try left.get("generation"))
        #expect(number(try right.get("generation")) == found, "\(context): half a batch")
        if let last {
            #expect(found >= last[0], "\(context): acknowledged \(last[0]), found \(found)")
            let value = try left.get("key-\(last[0] % 500)")
            #expect(value != nil, "\(context): an acknowledged key is gone")
        }
        #expect(try right.get("odd").map { number($0) } == (found % 3 == 0 ? nil : found))
        for entry in try left.list(prefix: "key-") {
            let generation = number(entry.value)
            #expect(generation <= found)
            let filler = entry.value.dropFirst(String(generation).utf8.count + 1)
            #expect(filler.allSatisfy { $0 == UInt8(truncatingIfNeeded: generation) })
        }
        try store.close()
    }

    private func number(_ bytes: [UInt8]?) -> UInt64 {
        guard let bytes else { return 0 }
        return UInt64(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)) ?? .max
    }
}
