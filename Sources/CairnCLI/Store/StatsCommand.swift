import ArgumentParser
import CairnStore

/// `cairn store stats`: opens the store, as its owner would, and says how large it is.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Says how large a store is and how much of it is alive.",
        discussion: "Opens the store as its owner would: a torn tail is cut.")

    @Argument(help: "The store's directory.")
    var directory: String

    @Flag(help: "Print one line of JSON.")
    var json = false

    private struct Row: Encodable {
        let number: UInt64
        let recordBytes: Int
        let liveBytes: Int
        let fileBytes: Int
    }

    private struct Table: Encodable {
        let path: String
        let store: String
        let formatVersion: Int
        let keyspaces: Int
        let keys: Int
        let lastSequence: UInt64
        let liveBytes: Int
        let deadBytes: Int
        let fileBytes: Int
        let segments: [Row]
    }

    func run() throws {
        var stats: StoreStats?
        try ExitStatus.reporting { () throws(StoreError) in
            // Refuses where there is no store; `open` would make one.
            try StoreDumper.requireStore(at: directory)
            let store = try Store.open(at: directory)
            stats = try store.stats()
            try store.close()
        }
        guard let stats else { return }
        try json ? printJSON(stats) : printTable(stats)
    }

    private func printJSON(_ stats: StoreStats) throws {
        try JSONText.print(
            Table(
                path: stats.path, store: stats.storeID, formatVersion: stats.formatVersion,
                keyspaces: stats.keyspaceCount, keys: stats.keyCount,
                lastSequence: stats.lastSequence.rawValue, liveBytes: stats.liveByteCount,
                deadBytes: stats.deadByteCount, fileBytes: stats.fileByteCount,
                segments: stats.segments.map { segment in
                    Row(
                        number: segment.number, recordBytes: segment.recordByteCount,
                        liveBytes: segment.liveByteCount, fileBytes: segment.fileByteCount)
                }))
    }

    private func printTable(_ stats: StoreStats) {
        print("store       \(stats.storeID), format \(stats.formatVersion)")
        print("keyspaces   \(stats.keyspaceCount)")
        print("keys        \(stats.keyCount)")
        print("last commit \(stats.lastSequence.rawValue)")
        print("live bytes  \(stats.liveByteCount)")
        print("dead bytes  \(stats.deadByteCount)")
        print("file bytes  \(stats.fileByteCount), reserved space included")
        for segment in stats.segments {
            print(
                "segment \(segment.number): \(segment.recordByteCount) record bytes, "
                    + "\(segment.liveByteCount) alive")
        }
    }
}
