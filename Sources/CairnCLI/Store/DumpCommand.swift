import ArgumentParser
import CairnStore

/// `cairn store dump`: lists the records of the log in order. Changes nothing.
struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Lists the records of a store's log in order, dead ones included.",
        discussion: "Values are not printed, only their lengths. Changes nothing.")

    @Argument(help: "The store's directory.")
    var directory: String

    @Flag(help: "Print one line of JSON a record.")
    var json = false

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
        try ExitStatus.reporting { () throws(StoreError) in
            try StoreDumper.dump(at: directory) { record in
                guard failure == nil else { return }
                do { try show(record) } catch { failure = error }
            }
        }
        if let failure { throw failure }
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
