import CairnObjects
import CairnSimulation
import CairnStore

/// Reads what a disk holds of the subjects, through a store of its own and without the runtime.
struct DiskReader: Sendable {
    /// The ids of the subjects, by number.
    let ids: [DurableObjectID]

    /// What is found when the disk is mounted and the store opened.
    /// - Throws: `BrokenPromise` when the store does not open.
    func contents(of disk: SimulatedFileSystem) throws -> [SubjectContents] {
        // A copy: the open recovers, and the world goes on with the disk as it was.
        let disk = disk.afterKill()
        let clock = SimulatedClock()
        let components = StoreComponents(
            fileSystem: disk, clock: clock, monotonicClock: clock,
            random: SeededRandomSource(seed: 1), loops: SimulatedScheduler(seed: 1, clock: clock))
        guard try disk.kind(Lab.storePath) != nil else {
            return ids.indices.map { SubjectContents(number: $0) }
        }
        var settings = StoreSettings()
        settings.segmentByteCount = StoreLimits.segmentByteCountRange.lowerBound
        let store: Store
        do {
            store = try Store.open(
                at: Lab.storePath, settings: settings, components: components)
        } catch {
            throw BrokenPromise("the store does not open: \(error)")
        }
        defer {
            // Nobody needs what this store would still write.
            disk.cutPower()
            try? store.close()
        }
        let kv = try store.keyspace("kv/" + Lab.kvName)
        let directory = Set(
            try store.keyspace("do/" + Lab.uniqueKey).keys().map { Self.hexadecimal($0.key) })
        return try ids.enumerated().map { number, id in
            var contents = SubjectContents(number: number)
            for entry in try store.keyspace("do/\(Lab.uniqueKey)/\(id)").list() {
                contents.values[String(decoding: entry.key, as: UTF8.self)] =
                    try Self.integer(entry.value)
            }
            contents.isListed = directory.contains("\(id)")
            contents.kvCounter = try Self.number(kv.get(Lab.kvCounterKey(number)))
            contents.kvSeen = try Self.number(kv.get(Lab.kvSeenKey(number)))
            contents.kvOwner = try Self.number(kv.get(Lab.kvOwnerKey(number)))
            return contents
        }
    }

    private static func number(_ text: [UInt8]?) -> Int {
        text.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    }

    /// Docs/Formats/ObjectValue.md: a kind, then eight bytes, least significant first. Texts are padding.
    private static func integer(_ bytes: [UInt8]) throws -> Int {
        if bytes.first == 0x12 { return 0 }
        guard bytes.count == 9, bytes[0] == 0x13 else {
            throw BrokenPromise("a value that is not an integer: \(bytes)")
        }
        return bytes.dropFirst().reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
