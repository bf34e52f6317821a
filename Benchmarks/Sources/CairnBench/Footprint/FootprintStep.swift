import BenchData
import CairnStore
import Foundation

/// What one process of `footprint` does: a process of its own can be killed, and has no memory but
/// its own.
struct FootprintStep: Codable {
    enum Kind: String, Codable { case fill, open, writeUntilKilled }

    /// What `open` reports.
    struct Opened: Codable {
        let path: StoreProbe.Path
        let seconds: Double
        let residentByteCount: Int
        let anonymousByteCount: Int
        let indexByteCount: Int?
    }

    let kind: Kind
    let directory: String
    let shape: Assignment.Shape
    let cacheByteCount: Int

    private static let keyspace = "bench"

    func run() throws {
        let data = DataSet(shape, withZipf: false)
        switch kind {
        case .fill: try fill(data)
        case .open: print(try JSONLine.encode(try open(data)))
        case .writeUntilKilled: try writeUntilKilled(data)
        }
    }

    private func openStore() throws -> Store {
        try Store.open(
            at: directory, settings: StoreProbe.settings(cacheByteCount: cacheByteCount))
    }

    private func fill(_ data: DataSet) throws {
        let store = try openStore()
        let keyspace = try store.keyspace(Self.keyspace)
        for start in stride(from: 0, to: data.count, by: 1000) {
            var batch = WriteBatch()
            for position in start..<min(start + 1000, data.count) {
                let number = data.fillOrder[position]
                batch.put(
                    data.keys.key(number), data.values.value(number, version: 1), in: keyspace)
            }
            try store.commit(batch, durability: .buffered).waitUntilAcknowledged()
        }
        try store.close()
    }

    /// Ends without closing: the directory is a copy that nobody opens again.
    private func open(_ data: DataSet) throws -> Opened {
        let key = data.keys.key(data.scatter[0])
        let before = ProcessUsage.now()
        let start = Tally.now
        let store = try openStore()
        let value = try store.keyspace(Self.keyspace).get(key)
        let seconds = Double(Tally.now - start) / 1e9
        let indexByteCount = try StoreProbe.indexByteCount(of: store)
        let after = ProcessUsage.now()
        guard let value, data.values.version(of: value.span, data.scatter[0]) != nil else {
            throw EngineError("the first value is missing or wrong")
        }
        return Opened(
            path: StoreProbe.path(of: store), seconds: seconds,
            residentByteCount: after.residentByteCount - before.residentByteCount,
            anonymousByteCount: after.anonymousByteCount - before.anonymousByteCount,
            indexByteCount: indexByteCount)
    }

    /// Overwrites a hundredth of the keys, says so, and waits for its end.
    private func writeUntilKilled(_ data: DataSet) throws {
        let store = try openStore()
        let keyspace = try store.keyspace(Self.keyspace)
        for position in 0..<data.count / 100 {
            let number = data.deleteOrder[position]
            try keyspace.put(
                data.keys.key(number), data.values.value(number, version: 2),
                durability: .buffered)
        }
        FileHandle.standardOutput.write(Data("written\n".utf8))
        while true { Thread.sleep(forTimeInterval: 3600) }
    }
}
