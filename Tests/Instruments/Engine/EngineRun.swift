import CairnFiles
import CairnPlatform
import CairnSimulation
import CairnStore

/// A store in a simulated world, operations that are done to it, and the model it must agree with.
///
/// Throws `BrokenPromise` when the store answers wrongly, loses what it promised, or fails although
/// nothing is wrong with the world. A failure is legal only while a fault is armed or after one fired:
/// then it must be typed, and nothing else may change.
final class EngineRun {
    let trace = Trace()
    let clock = SimulatedClock()
    let scheduler: SimulatedScheduler
    let random: SeededRandomSource
    private(set) var disk: SimulatedFileSystem
    var ledger = CommitLedger()
    private(set) var store: Store?
    private(set) var settings: StoreSettings
    private let rollsSettings: Bool
    /// Tickets nobody has waited for.
    private var tickets: [CommitTicket] = []
    private var commitCount = 0
    /// A fault is armed or has fired since the store was opened without one.
    private(set) var isFaulty = false
    private var isFull = false
    /// A put has been taken since the last delete: the room kept for deletes is all there.
    private var isReserveWhole = false
    /// A copy of the directory.
    var copy: Copy?
    /// Derived files may have been damaged, or be of another time than the log.
    var isDerivedDoubtful = false
    /// Called when the run goes on with another disk.
    var onRestart: (() -> Void)?
    private var armed: Armed?
    /// Calls of disks that have been replaced.
    private var earlierCalls = 0
    /// Whether a fault has hit a call since the store was opened without one.
    private let hasFired = Locked(false)
    /// How often a fault hit which call, ever.
    private let hits = Locked<[FileError.Operation: Int]>([:])

    static let path = Simulation.directory + "/store"

    /// A fault that waits for its call.
    private struct Armed {
        let fault: DiskFault
        var first: Int
        let isLasting: Bool

        func hits(_ call: DiskCall) -> Bool {
            guard call.index >= first, fault.applies(to: call.operation) else { return false }
            if !isLasting { return call.index == first }
            // Whoever is interrupted tries again: for ever would be a test that never ends.
            return fault != .interrupted || (call.index - first) % 2 == 0
        }
    }

    /// - Parameter settings: those of every open; `nil` lets each open roll its own.
    init(seed: UInt64, settings: StoreSettings?) {
        scheduler = SimulatedScheduler(seed: seed, clock: clock, trace: trace)
        random = SeededRandomSource(seed: seed &+ 1)
        disk = SimulatedFileSystem(directory: Simulation.directory, trace: trace)
        rollsSettings = settings == nil
        self.settings = settings ?? EngineSettings.roll(seed)
    }

    deinit { abandon() }

    var components: StoreComponents {
        StoreComponents(
            fileSystem: disk, clock: clock, monotonicClock: clock, random: random, loops: scheduler)
    }

    /// What must survive a power cut at this moment: what was promised, and what the store says is safe.
    var durable: UInt64 { max(ledger.durable, store?.durableSequence.rawValue ?? 0) }

    // MARK: Opening and ending

    /// Opens the store and compares all it holds with the ledger.
    /// - Parameter floor: the oldest commit that it may end with.
    func open(atLeast floor: UInt64) throws {
        let expectedPath = expectedOpening
        let opened: Store
        do throws(StoreError) {
            opened = try Store.open(at: Self.path, settings: settings, components: components)
        } catch {
            guard isFaulty else { throw BrokenPromise("cannot open: \(error)") }
            try checkIsTyped(error)
            heal()
            disk = disk.afterKill()
            return try open(atLeast: floor)
        }
        store = opened
        tickets = []
        isReserveWhole = false
        let found = opened.lastSequence.rawValue
        try expect(
            found >= floor,
            "commits up to \(floor) were acknowledged, the store has only those up to \(found)")
        try expect(
            found <= ledger.last, "the store has commit \(found), the last made was \(ledger.last)")
        let path = opened.opening.path
        try expect(
            expectedPath == nil || path == expectedPath,
            "opened by \(path) and not by \(expectedPath ?? path): \(opened.opening.reason ?? "")")
        try expectCounts(at: found)
        try expectContents(at: found)
        ledger.reopened(at: found)
        if armed == nil {
            isFaulty = false
            hasFired.withLock { $0 = false }
        }
    }

    /// Takes over a disk on which everything in `moment`'s ledger happened.
    func adopt(_ disk: SimulatedFileSystem, _ moment: CrashExplorer.Moment) throws {
        self.disk = disk
        ledger = moment.ledger
        isDerivedDoubtful = moment.isDerivedDoubtful
        clock.jumpWall(byMilliseconds: moment.wall - clock.millisecondsSinceEpoch)
        try open(atLeast: moment.durable)
    }

    /// Opens the store on another disk without comparing anything.
    func openForReading(_ disk: SimulatedFileSystem) throws(StoreError) -> Store {
        self.disk = disk
        let opened = try Store.open(at: Self.path, settings: settings, components: components)
        store = opened
        return opened
    }

    /// Closes the store, which stays closed.
    func closeForGood() throws {
        try close()
        store = nil
    }

    /// Calls of the disk, over all restarts.
    var callCount: Int { earlierCalls + disk.callCount }

    /// How often a fault hit which call.
    var faultHits: [FileError.Operation: Int] { hits.withLock { $0 } }

    /// Compares all that the open store holds with what it should hold after commit `sequence`.
    private func expectContents(at sequence: UInt64) throws {
        guard let store, let expected = ledger.contents(at: sequence) else { return }
        let contents: StoreContents
        do throws(StoreError) { contents = try StoreContents(of: store) } catch {
            guard isFaulty else { throw BrokenPromise("cannot read: \(error)") }
            return
        }
        let difference = expected.live(at: clock.millisecondsSinceEpoch)
            .difference(from: contents)
        try expect(difference == nil, "after commit \(sequence): \(difference ?? "")")
    }

    /// Drops the store as a crash does: nothing it does afterwards reaches any disk.
    func abandon() {
        disk.cutPower()
        store = nil
        tickets = []
    }

    /// Closes the store, or leaves it as a kill does.
    /// - Returns: what must be found by the next open.
    func end(killing: Bool) throws -> UInt64 {
        if killing { return max(durable, ledger.written) }
        try close()
        return ledger.written
    }

    func restart(on next: SimulatedFileSystem, _ seed: UInt64, atLeast floor: UInt64) throws {
        // A fault that has not come yet may come while the store is opened.
        armed?.first -= disk.callCount
        earlierCalls += disk.callCount
        abandon()
        disk = next
        onRestart?()
        install()
        isFull = false
        if rollsSettings { settings = EngineSettings.roll(seed) }
        try open(atLeast: floor)
    }

    // MARK: Operations

    func perform(_ operation: EngineOperation) throws {
        switch operation {
        case .commit(let changes, let durability, let waits):
            try commit(changes, durability, waits: waits)
        case .sync: try sync()
        case .get(let space, let key): try get(space, key)
        case .list(let space, let range): try list(space, range)
        case .keys(let space, let range): try keys(space, range)
        case .visit(let space, let range): try visit(space, range)
        case .page(let space, let range): try page(space, range)
        case .dump: try dump()
        case .steps(let count):
            for _ in 0..<count where scheduler.readyCount > 0 { _ = scheduler.runOne() }
        case .idle(let milliseconds): idle(.milliseconds(milliseconds))
        case .jump(let milliseconds): clock.jumpWall(byMilliseconds: milliseconds)
        default: try performOnWorld(operation)
        }
    }

    private func performOnWorld(_ operation: EngineOperation) throws {
        switch operation {
        case .reopen(let seed):
            let floor = try end(killing: false)
            try restart(on: disk.afterKill(), seed, atLeast: floor)
        case .kill(let seed):
            let floor = try end(killing: true)
            try restart(on: disk.afterKill(), seed, atLeast: floor)
        case .tamper(let change, let killing, let seed):
            try tamper(change, killing: killing, settings: seed)
        case .remember: remember()
        case .restore(let keepsNewer, let seed):
            try restore(keepsNewer: keepsNewer, settings: seed)
        case .powerCut(let cut, let seed):
            try restart(on: disk.afterPowerCut(cut), seed, atLeast: durable)
        case .fault(let fault, let calls, let isLasting): arm(fault, calls, isLasting)
        case .heal: heal()
        case .fill(let byteCount): fill(byteCount)
        case .free: free()
        case .openTwice: try openTwice()
        case .verify(let seed): try verify(seed)
        default: break
        }
    }

    private func commit(
        _ changes: [EngineOperation.Change], _ durability: Durability, waits: Bool
    ) throws {
        guard let store else { return }
        commitCount += 1
        var batch = WriteBatch()
        var contents = ledger.current
        for change in changes { try add(change, to: &batch, &contents, store) }
        let ticket: CommitTicket
        do throws(StoreError) { ticket = try store.commit(batch, durability: durability) } catch {
            return try refused(changes, error)
        }
        let sequence = ticket.sequence.rawValue
        if sequence > ledger.last {
            try expect(
                sequence == ledger.last + 1,
                "a commit got sequence \(sequence), the one before had \(ledger.last)")
            ledger.commit(contents)
        } else {
            try expect(
                contents == ledger.current, "a commit that changes something got no sequence")
        }
        if sequence == ledger.last { isReserveWhole = !EngineOperation.deletesOnly(changes) }
        tickets.append(ticket)
        if tickets.count > 64 { tickets.removeFirst() }
        if waits { try wait(for: ticket, durability) }
    }

    private func add(
        _ change: EngineOperation.Change, to batch: inout WriteBatch,
        _ contents: inout StoreContents, _ store: Store
    ) throws {
        switch change {
        case .put(let space, let number, let shape):
            let (name, key) = (EngineOperation.space(space), EngineOperation.key(number))
            let value = StoreContents.Value(
                bytes: shape.bytes(commit: commitCount, key: number),
                metadata: [UInt8](repeating: 7, count: shape.metadataByteCount),
                expiry: shape.timeToLive.map { clock.millisecondsSinceEpoch + $0 })
            batch.put(
                key, value.bytes, metadata: value.metadata, expiry: value.expiry,
                in: try store.keyspace(name))
            contents.put(key, value, in: name)
        case .delete(let space, let number):
            let (name, key) = (EngineOperation.space(space), EngineOperation.key(number))
            batch.delete(key, in: try store.keyspace(name))
            contents.delete(key, in: name)
        case .drop(let space):
            let name = EngineOperation.space(space)
            batch.drop(try store.keyspace(name))
            contents.drop(name)
        }
    }

    /// A commit was refused: is that right?
    private func refused(_ changes: [EngineOperation.Change], _ error: StoreError) throws {
        if error.kind == .invalid && byteCount(of: changes) > settings.segmentByteCount / 8 {
            return
        }
        if isFull && error.kind == .noSpace {
            if EngineOperation.deletesOnly(changes) {
                try expect(
                    !isReserveWhole || changes.count > 1, "a full disk refuses a delete: \(error)")
            }
            return
        }
        try mayFail(error, "commit")
    }

    private func byteCount(of changes: [EngineOperation.Change]) -> Int {
        changes.reduce(0) { sum, change in
            if case .put(_, _, let shape) = change {
                return sum + shape.byteCount + shape.metadataByteCount + 100
            }
            return sum + 100
        }
    }

    private func wait(for ticket: CommitTicket, _ durability: Durability) throws {
        do throws(StoreError) {
            try ticket.waitUntilAcknowledged()
        } catch { return try mayFail(error, "wait") }
        switch durability {
        case .durable: ledger.promiseDurable(ticket.sequence.rawValue)
        case .buffered: ledger.promiseWritten(ticket.sequence.rawValue)
        case .memory: break
        }
    }

    private func sync() throws {
        guard let store else { return }
        let last = store.lastSequence
        do throws(StoreError) {
            for ticket in tickets { try ticket.waitUntilDurable() }
            try store.ticket(for: last).waitUntilDurable()
        } catch { return try mayFail(error, "sync") }
        ledger.promiseDurable(last.rawValue)
        tickets = []
    }

    private func close() throws {
        guard let store else { return }
        do throws(StoreError) { try store.close() } catch {
            // A full disk has no room for the manifest that says where the log ends; the log has it all.
            if !(isFull && error.kind == .noSpace) { try mayFail(error, "close") }
            ledger.promiseDurable(store.durableSequence.rawValue)
            return
        }
        ledger.promiseDurable(ledger.last)
    }

    private func idle(_ duration: Duration) {
        scheduler.runReady()
        clock.advance(by: duration)
        scheduler.runReady()
    }

    // MARK: Faults

    private func arm(_ fault: DiskFault, _ calls: Int, _ isLasting: Bool) {
        armed = Armed(fault: fault, first: disk.callCount + calls, isLasting: isLasting)
        // These two are no failures: whole reads and writes are made of them.
        if fault != .short && fault != .interrupted { isFaulty = true }
        install()
    }

    /// Tells the disk about the armed fault.
    private func install() {
        guard let armed else { return disk.setFaults(nil) }
        let (hits, hasFired) = (hits, hasFired)
        disk.setFaults { call in
            guard armed.hits(call) else { return nil }
            hasFired.withLock { $0 = true }
            hits.withLock { $0[call.operation, default: 0] += 1 }
            return armed.fault
        }
    }

    private func heal() {
        armed = nil
        install()
        // What has fired may have poisoned the store: errors stay legal until it is opened again.
        if !hasFired.withLock({ $0 }) { isFaulty = false }
    }

    private func fill(_ byteCount: Int) {
        disk.setCapacity(disk.usedByteCount + byteCount)
        isFull = true
    }

    private func free() {
        disk.setCapacity(.max)
        isFull = false
    }

    /// An operation failed: is that right?
    func mayFail(_ error: StoreError, _ doing: String) throws {
        try checkIsTyped(error)
        guard isFaulty else { throw BrokenPromise("\(doing) fails although all is well: \(error)") }
    }

    private func checkIsTyped(_ error: StoreError) throws {
        let legal: Set<StoreError.Kind> = [
            .inputOutput, .poisoned, .predecessorFailed, .noSpace, .closed,
        ]
        try expect(legal.contains(error.kind), "a fault shows as \(error.kind): \(error)")
        try expect(!error.message.isEmpty, "an error says nothing")
    }
}
