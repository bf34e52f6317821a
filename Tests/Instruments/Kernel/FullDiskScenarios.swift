import CairnStore

/// FM10: a real file system without space, in every place where the store can meet it.
enum FullDiskScenarios {
    static let all = [
        KernelScenario("FM10 a full ext4 refuses commits, 8 KiB segments") {
            try commits(
                segmentByteCount: 8 << 10, valueByteCount: 600,
                leaving: stride(from: 0, through: 44, by: 4))
        },
        KernelScenario("FM10 a full ext4 refuses commits, 256 KiB segments") {
            try commits(
                segmentByteCount: 256 << 10, valueByteCount: 12_000,
                leaving: [0, 4, 8, 64, 248, 252, 256, 260, 264, 268, 272, 300])
        },
        KernelScenario("FM10 a full ext4 refuses an open") {
            try opens(leaving: stride(from: 0, through: 40, by: 4))
        },
    ]

    /// Commits until there is no space, then goes on once there is.
    private static func commits(
        segmentByteCount: Int, valueByteCount: Int, leaving sweep: some Sequence<Int>
    ) throws -> Int {
        let disk = try LoopDisk()
        var cases = 0
        for kibibytes in sweep {
            do {
                try commit(
                    segmentByteCount, valueByteCount, kibibytes, disk,
                    "\(disk.path)/store-\(kibibytes)")
            } catch { throw BrokenPromise("\(kibibytes) KiB left: \(error)") }
            cases += 1
        }
        return cases
    }

    private static func commit(
        _ segmentByteCount: Int, _ byteCount: Int, _ kibibytes: Int, _ disk: LoopDisk,
        _ directory: String
    ) throws {
        let settings = KernelEntries.settings(segmentByteCount: segmentByteCount)
        let store = try Store.open(at: directory, settings: settings)
        var end = 3
        _ = try KernelEntries.write(0..<end, to: store, byteCount: byteCount)
        try disk.fill(leaving: kibibytes)
        let (written, refusal) = try KernelEntries.write(
            end..<10_000, to: store, byteCount: byteCount)
        end = written.upperBound
        try expect(
            refusal?.kind == .noSpace, "expected noSpace, found \(String(describing: refusal))")
        try expect(store.failure == nil, "a full disk poisoned the store")
        try KernelEntries.check(0..<end, in: store, byteCount: byteCount)
        // Still full, still only a refusal; and whoever deletes is let in, even when there is no room
        // for the smallest value any more.
        let again = try KernelEntries.write(end..<end + 1, to: store, byteCount: byteCount).refusal
        try expect(again?.kind == .noSpace, "the second refusal is \(String(describing: again))")
        let tiny = try KernelEntries.write(20_000..<30_000, to: store, byteCount: 1)
        try expect(
            tiny.refusal?.kind == .noSpace, "a tiny one: \(String(describing: tiny.refusal))")
        try store.keyspace(KernelEntries.keyspace).delete(KernelEntries.key(0))
        disk.empty()
        let later = try KernelEntries.write(
            end..<end + 20, to: store, byteCount: byteCount)
        try expect(
            later.refusal == nil, "with space again: \(String(describing: later.refusal))")
        end += 20
        try store.close()
        try KernelEntries.reopen(directory, expecting: 1..<end, byteCount: byteCount)
        let reopened = try Store.open(at: directory, settings: settings)
        let deleted = try reopened.keyspace(KernelEntries.keyspace).get(KernelEntries.key(0))
        try expect(deleted == nil, "a delete on the full disk is undone")
        try KernelEntries.check(tiny.written, in: reopened, byteCount: 1)
        try reopened.close()
    }

    /// Opens a new store and one that was written to, closes and opens that again, all without space.
    private static func opens(leaving sweep: some Sequence<Int>) throws -> Int {
        let disk = try LoopDisk()
        let settings = KernelEntries.settings(segmentByteCount: 8 << 10)
        var cases = 0
        for kibibytes in sweep {
            let (old, new) = ("\(disk.path)/old-\(kibibytes)", "\(disk.path)/new-\(kibibytes)")
            let store = try Store.open(at: old, settings: settings)
            let end = try KernelEntries.write(0..<20, to: store).written.upperBound
            try disk.fill(leaving: kibibytes)
            try refusingOnlySpace("closing with \(kibibytes) KiB") { () throws(StoreError) in
                try store.close()
            }
            try refusingOnlySpace("opening with \(kibibytes) KiB") { () throws(StoreError) in
                try Store.open(at: old, settings: settings).close()
            }
            try refusingOnlySpace("founding with \(kibibytes) KiB") { () throws(StoreError) in
                try Store.open(at: new, settings: settings).close()
            }
            disk.empty()
            try KernelEntries.reopen(old, expecting: 0..<end)
            try KernelEntries.reopen(new, expecting: 0..<0)
            cases += 3
        }
        return cases
    }

    private static func refusingOnlySpace(
        _ doing: String, _ body: () throws(StoreError) -> Void
    ) throws {
        do throws(StoreError) { try body() } catch {
            try expect(error.kind == .noSpace, "\(doing): expected noSpace, found \(error)")
        }
    }
}
