import ArgumentParser
import CairnStore

/// `cairn store dump`: lists the records of the log in order, or shows what is in one file. Changes
/// nothing.
struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Lists the records of a store's log, or shows what is in one of its files.",
        discussion: """
            Of a directory, the records of the log, dead ones included. Of a file, everything: a segment's \
            frames and records, a manifest, a checkpoint, a key run; the file may stand alone. Damage in it is \
            shown at its place, and the exit code is then 1. Values are not printed, only their lengths. \
            Changes nothing.
            """)

    @Argument(help: "The store's directory, or one of its files.")
    var path: String

    @Flag(help: "Print one line of JSON a record, or a part of the file.")
    var json = false

    @Flag(help: "Show the slots of a checkpoint too, one a key.")
    var shards = false

    private struct Line: Encodable {
        let segment: UInt64
        let offset: Int
        let bytes: Int
        let sequence: UInt64
        let kind: String
        let keyspace: UInt64
        let keyspaceName: String?
        let key: String
        let valueBytes: Int
        let codec: String
        let metadata: String?
        let expiry: Int64?
    }

    func run() throws {
        var failure: (any Error)?
        var damageCount = 0
        try ExitStatus.reporting { () throws(StoreError) in
            if try FileDumper.isFile(at: path) {
                damageCount = try FileDumper.dump(at: path, shards: shards) { item in
                    guard failure == nil else { return }
                    do { try FileItemText(item).print(json: json) } catch { failure = error }
                }
            } else {
                try StoreDumper.dump(at: path) { record in
                    guard failure == nil else { return }
                    do { try show(record) } catch { failure = error }
                }
            }
        }
        if let failure { throw failure }
        if damageCount > 0 { throw ExitCode(ExitStatus.damage.rawValue) }
    }

    private func show(_ record: StoreDumper.Record) throws {
        let key = JSONText.readable(record.key)
        guard json else {
            let name = record.keyspaceName ?? "\(record.keyspace)"
            print(
                "\(record.segment):\(record.offset) #\(record.sequence.rawValue) \(record.kind) "
                    + "\(name) \(key) \(record.valueByteCount) bytes \(record.codec)"
                    + (record.expiry.map { " expires \($0)" } ?? ""))
            return
        }
        try JSONText.print(
            Line(
                segment: record.segment, offset: record.offset, bytes: record.byteCount,
                sequence: record.sequence.rawValue, kind: record.kind,
                keyspace: record.keyspace, keyspaceName: record.keyspaceName, key: key,
                valueBytes: record.valueByteCount, codec: record.codec,
                metadata: record.metadata.isEmpty ? nil : JSONText.readable(record.metadata),
                expiry: record.expiry))
    }
}
