import CairnFiles
import CairnSimulation
import CairnStore

/// Every call of the disk that a set of scripts makes, each kind of fault at each of them, once and for
/// ever: the way SQLite's tests loop until no fault fires.
///
/// Whatever fails must fail with a typed error, answers stay right, and what is found afterwards (the
/// kernel's view, and after power cuts) is what was committed up to some point at or after the last
/// acknowledgement. A full disk and an exhausted table of files must not poison the store where nothing
/// was half done.
package struct FaultEnumeration: Instrument {
    package let name = "faults"
    package let unit = "runs"
    package let quickCount = 9_000

    package init() {}

    private static let scriptCount = 12
    /// A share is one script and one fault.
    private static let kinds: [(fault: DiskFault, isLasting: Bool)] =
        DiskFault.allCases.flatMap { [($0, false), ($0, true)] }

    /// Every call that can meet a fault, with every fault it can meet.
    package var places: [String] {
        let operations: [FileError.Operation] = [
            .open, .read, .write, .synchronize, .status, .truncate, .preallocate, .lock, .list,
            .createDirectory, .rename, .remove, .synchronizeDirectory,
        ]
        return DiskFault.allCases.flatMap { fault in
            operations.filter(fault.applies).map { Self.place($0, fault) }
        }
    }

    private static func place(_ operation: FileError.Operation, _ fault: DiskFault) -> String {
        "\(operation.rawValue) × \(fault)"
    }

    package func run(share: Int, _ tally: Tally) throws {
        let (fault, isLasting) = Self.kinds[share % Self.kinds.count]
        let script = share / Self.kinds.count
        let operations = Self.script(script)
        let callCount = try Self.callCount(of: operations, script)
        var call = 0
        while call < callCount {
            let run = EngineRun(seed: UInt64(script), settings: Self.settings(script))
            let context = "script \(script), \(fault) \(isLasting ? "from" : "at") call \(call)"
            do {
                try perform(operations, on: run, fault, call, isLasting, tally)
                tally.count()
            } catch let broken as BrokenPromise {
                throw BrokenPromise("\(context): \(broken)")
            }
            // Every call of the first scripts; of later ones, and where it lasts, some.
            call += script < 2 && !isLasting ? 1 : 1 + (call &* 7 &+ script) % 5
        }
    }

    /// The first script keeps its derived files as busy as can be.
    private static func settings(_ script: Int) -> StoreSettings {
        script == 0 ? EngineSettings.smallest : EngineSettings.roll(UInt64(script))
    }

    /// Scripts that touch everything: roll-over, drop, reopen, kill; the later ones are random.
    private static func script(_ number: Int) -> [EngineOperation] {
        if number == 0 { return basicScript }
        var generator = OperationGenerator(seed: UInt64(number), faults: false)
        return (0..<40).map { _ in generator.next() }
    }

    private static var basicScript: [EngineOperation] {
        let short = EngineOperation.ValueShape(byteCount: 30)
        let long = EngineOperation.ValueShape(byteCount: 900)
        var operations: [EngineOperation] = []
        for key in 1...6 {
            operations.append(.commit([.put(space: 0, key: key, long)], .durable, waits: true))
            operations.append(.commit([.put(space: 1, key: key, short)], .buffered, waits: true))
            operations.append(.get(space: 0, key: key))
        }
        return operations + [
            .commit([.delete(space: 0, key: 2)], .durable, waits: true), .idle(milliseconds: 30),
            .list(space: 0, KeyRange()), .reopen(settings: 0),
            .commit([.drop(space: 1), .put(space: 1, key: 3, short)], .durable, waits: true),
            .kill(settings: 0), .dump,
            .commit([.put(space: 2, key: 4, long)], .memory, waits: false),
            .sync, .reopen(settings: 0), .dump,
        ]
    }

    /// How many calls a script makes when nothing goes wrong.
    private static func callCount(of operations: [EngineOperation], _ script: Int) throws -> Int {
        let run = EngineRun(seed: UInt64(script), settings: Self.settings(script))
        defer { run.abandon() }
        try run.open(atLeast: 0)
        for operation in operations { try run.perform(operation) }
        return run.callCount
    }

    private func perform(
        _ operations: [EngineOperation], on run: EngineRun, _ fault: DiskFault, _ call: Int,
        _ isLasting: Bool, _ tally: Tally
    ) throws {
        defer { run.abandon() }
        // What a failed sync leaves on the platter: nothing, all of it, or any part.
        let cuts: [PowerCut] = [.losesEverything, .losesNothing, .random(seed: UInt64(call))]
        run.disk.setFailedSyncKeeps(cuts[call % 3])
        try run.perform(.fault(fault, afterCalls: call, isLasting: isLasting))
        try run.open(atLeast: 0)
        for operation in operations { try run.perform(operation) }
        let hits = run.faultHits
        for (operation, count) in hits where count > 0 {
            tally.visit(Self.place(operation, fault))
        }
        try run.perform(.heal)
        try run.perform(.kill(settings: 0))
        try run.perform(.powerCut(cuts[(call + 1) % 3], settings: 0))
        let put = EngineOperation.Change.put(space: 0, key: 1, .init(byteCount: 10))
        try run.perform(.commit([put], .durable, waits: true))
        try run.perform(.powerCut(.losesEverything, settings: 0))
    }
}
