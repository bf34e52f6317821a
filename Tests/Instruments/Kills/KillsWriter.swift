import CairnFiles
import CairnStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The child that is killed: opens the store, says what it found, and writes until it is killed or
/// has done its steps.
enum KillsWriter {
    /// More than this many steps are never underway.
    private static let underwayMax: UInt64 = 16

    /// - Parameter arguments: the directory, and the seed of this life.
    /// - Returns: the exit code: 0 once everything is closed, 70 when the store refused something.
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 2, let seed = UInt64(arguments[1]) else { return 64 }
        do {
            try live(WriterLife(seed: seed), in: arguments[0])
            return 0
        } catch {
            // Not `print`: nothing may be buffered when the kill comes, and this is for people.
            let text = Array("writer: \(error)\n".utf8)
            _ = unsafe text.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
            return 70
        }
    }

    private static func live(_ life: WriterLife, in directory: String) throws {
        var components = StoreComponents()
        switch life.end {
        case .atCall(let number, let kind, let moment):
            components.fileSystem = KillingFileSystem(
                fatalCall: number, of: kind, moment, onlyLarge: false)
        case .inLargeWrite:
            components.fileSystem = KillingFileSystem(
                fatalCall: 1, of: .write, .halfway, onlyLarge: true)
        case .whileOpening, .whileWriting: break
        }
        LedgerMessage.starting.say()
        let store = try Store.open(
            at: directory, settings: life.settings, components: components)
        let found = try StoreModel(reading: store)
        LedgerMessage.opened(sequence: found.sequence, digest: found.digest).say()
        try work(life, on: store)
        LedgerMessage.closing.say()
        try store.close()
        LedgerMessage.closed.say()
    }

    private static func work(_ life: WriterLife, on store: Store) throws {
        var workload = life.workload
        var acknowledged: UInt64 = 0
        var number: UInt64 = 0
        while number < life.stepCount {
            let step = workload.next()
            let batch = try step.batch(for: store)
            number += 1
            LedgerMessage.submitting(number).say()
            let ticket = try store.commit(batch, durability: step.durability)
            guard step.waits || number - acknowledged >= underwayMax else { continue }
            // The log is one: what this commit has reached, those before it have too.
            try ticket.waitUntilAcknowledged()
            // A commit in memory is as safe as nothing.
            guard step.durability > .memory else { continue }
            acknowledged = number
            LedgerMessage.acknowledged(number).say()
        }
    }
}
