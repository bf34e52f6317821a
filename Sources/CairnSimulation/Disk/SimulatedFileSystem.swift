public import CairnFiles
import CairnPlatform

/// A disk in memory whose power can be cut and whose calls can fail.
///
/// Behind the same seam as the real one. It keeps apart what programs see and what is on the platter, so
/// that after any call it can say what a power cut would leave: `afterPowerCut` gives one such disk,
/// `crashStates` all kinds of them, `afterKill` what the next process finds.
///
///     let disk = SimulatedFileSystem()
///     let store = try Store.open(at: "/disk/store", components: … disk …)
///     disk.cutPower(afterChanges: 17)
///     …
///     let left = disk.afterPowerCut(.random(seed: 4))   // open it again and look
///
/// Media model (Docs/FailureModel.md): a sync that returns is true; what was not synced may be lost, kept
/// or torn in sectors of 512 bytes, in any order; a file's length and its bytes are independent; names
/// are as durable as the last sync of their directory. May be called from any thread.
public final class SimulatedFileSystem: FileSystem {
    struct State {
        var disk: DiskState
        var calls = 0
        var hasPower = true
        /// Changes until the power goes; `nil` for ever.
        var changesLeft: Int?
        var byteCountMax = Int.max
        var openFileCountMax = Int.max
        var failedSyncKeeps = PowerCut.losesEverything
        var faults: (@Sendable (DiskCall) -> DiskFault?)?
        var observer: (@Sendable (DiskCall) -> Void)?
        var record: [DiskCall]?
    }

    let state: Locked<State>
    private let trace: Trace?

    /// A disk with one empty directory.
    /// - Parameters:
    ///   - directory: the directory; make stores in a subdirectory of it.
    ///   - trace: notes every call.
    public convenience init(directory: String = "/disk", trace: Trace? = nil) {
        self.init(.fresh([:], directories: [directory]), trace: trace)
    }

    /// A disk that holds `files`, by path, in `directories`; all of it durable.
    public convenience init(files: [String: [UInt8]], directories: [String]) {
        self.init(.fresh(files, directories: directories), trace: nil)
    }

    init(_ disk: DiskState, trace: Trace?) {
        state = Locked(State(disk: disk))
        self.trace = trace
    }

    // MARK: What goes wrong

    /// Cuts the power: every call fails from now on, and what is on the platter stays as it is.
    public func cutPower() { state.withLock { $0.hasPower = false } }

    /// Lets so many changes through, then cuts the power.
    public func cutPower(afterChanges count: Int) { state.withLock { $0.changesLeft = count } }

    /// Whether the power is still on.
    public var hasPower: Bool { state.withLock { $0.hasPower } }

    /// Asks `faults` about every call; `nil` ends it.
    public func setFaults(_ faults: (@Sendable (DiskCall) -> DiskFault?)?) {
        state.withLock { $0.faults = faults }
    }

    /// Bytes that fit on the disk; a call that needs more fails with ENOSPC.
    public func setCapacity(_ byteCount: Int) { state.withLock { $0.byteCountMax = byteCount } }

    /// Bytes of the files on the disk, deleted ones too while they are open.
    public var usedByteCount: Int { state.withLock { $0.disk.usedByteCount } }

    /// Files that may be open at once; one more fails with EMFILE.
    public func setOpenFileLimit(_ count: Int) { state.withLock { $0.openFileCountMax = count } }

    /// What a failed sync leaves on the platter of what was not durable; by default nothing.
    public func setFailedSyncKeeps(_ part: PowerCut) {
        state.withLock { $0.failedSyncKeeps = part }
    }

    // MARK: What happened

    /// How many calls there were.
    public var callCount: Int { state.withLock { $0.calls } }

    /// Keeps a list of calls from now on.
    public func startRecording() { state.withLock { $0.record = [] } }

    /// The calls since `startRecording`.
    public var recordedCalls: [DiskCall] { state.withLock { $0.record ?? [] } }

    /// Tells `observer` of every call, before it is made, on the caller's thread.
    public func setObserver(_ observer: (@Sendable (DiskCall) -> Void)?) {
        state.withLock { $0.observer = observer }
    }

    // MARK: What is left

    /// What the next program finds after this one was killed: the kernel has all it was given.
    public func afterKill() -> SimulatedFileSystem {
        SimulatedFileSystem(state.withLock { $0.disk.afterKill() }, trace: trace)
    }

    /// A copy that goes its own way, with all that is not synced still not synced: to explore crashes at
    /// this moment later.
    public func copy() -> SimulatedFileSystem {
        SimulatedFileSystem(state.withLock { $0.disk.afterKill() }, trace: nil)
    }

    /// One disk that a power cut now could leave.
    public func afterPowerCut(_ cut: PowerCut) -> SimulatedFileSystem {
        SimulatedFileSystem(snapshot.after(cut), trace: trace)
    }

    /// The disks that a power cut now could leave: each kind of loss, no two alike.
    /// - Parameters:
    ///   - randomCount: how many random subsets to add where there are too many to list.
    ///   - groupCountMax: of a write of more sectors only so many, evenly spread, are lost or kept alone.
    public func crashStates(
        seed: UInt64 = 0, randomCount: Int = 16, groupCountMax: Int = 64
    ) -> [SimulatedFileSystem] {
        CrashStates(
            of: snapshot, seed: seed, randomCount: randomCount, groupCountMax: groupCountMax
        ).disks.map { SimulatedFileSystem($0, trace: trace) }
    }

    var snapshot: DiskState { state.withLock { $0.disk } }

    /// Every file by path, as programs see it.
    public var files: [String: [UInt8]] {
        let disk = snapshot
        return disk.names.compactMapValues { target in
            if case .file(let file) = target { disk.files[file].bytes } else { nil }
        }
    }

    /// A number that differs when the name, length or content of any file does.
    public var contentHash: UInt64 { snapshot.contentHash }

    /// Changes a file behind everybody's back: what a failing medium, or somebody's hand, does.
    public func damage(_ path: String, _ change: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard case .file(let file)? = state.disk.names[path] else { return }
            var bytes = state.disk.files[file].bytes
            change(&bytes)
            state.disk.files[file] = DiskFile(bytes)
        }
    }

    // MARK: Calls

    enum Outcome<Value> {
        case success(Value)
        case failure(Int32)
    }

    /// What becomes of a call before the disk itself is asked.
    enum Admission {
        case go
        case half
        case fail(DiskFault?, Int32)
    }

    /// Counts a call and decides whether it is made.
    func admit(_ operation: FileError.Operation, _ path: String) -> Admission {
        let (call, faults, observer, isAllowed) = state.withLock { state in
            let call = DiskCall(index: state.calls, operation: operation, path: path)
            state.calls += 1
            state.record?.append(call)
            return (call, state.faults, state.observer, state.hasPower)
        }
        // Closes change nothing, and a store that is let go closes its files in no particular order.
        if operation != .close { trace?.note("\(operation.rawValue) \(path)") }
        guard isAllowed else { return .fail(nil, ErrorNumber.inputOutput) }
        observer?(call)
        if call.isChange, !spendChange() { return .fail(nil, ErrorNumber.inputOutput) }
        guard let fault = faults?(call), fault.applies(to: operation) else { return .go }
        guard let code = fault.code else { return .half }
        return .fail(fault, code)
    }

    private func spendChange() -> Bool {
        state.withLock { state in
            if let left = state.changesLeft {
                if left == 0 { state.hasPower = false }
                state.changesLeft = max(0, left - 1)
            }
            return state.hasPower
        }
    }

    /// Makes a call that is whole or fails.
    func perform<Value>(
        _ operation: FileError.Operation, _ path: String,
        _ body: (inout State) -> Outcome<Value>
    ) throws(FileError) -> Value {
        if case .fail(_, let code) = admit(operation, path) {
            throw FileError(operation: operation, path: path, code: code)
        }
        switch state.withLock({ body(&$0) }) {
        case .success(let value): return value
        case .failure(let code):
            throw FileError(operation: operation, path: path, code: code)
        }
    }

    func path(of file: FileID) -> String {
        state.withLock { $0.disk.open[file.rawValue]?.path } ?? "file \(file.rawValue)"
    }
}

extension DiskState {
    /// What `cut` leaves.
    func after(_ cut: PowerCut) -> DiskState {
        let atoms = CrashAtoms(self)
        switch cut {
        case .losesEverything: return atoms.disk(after: atoms.atoms.map { _ in .lost })
        case .losesNothing: return atoms.disk(after: atoms.atoms.map { _ in .landed })
        case .random(let seed):
            var random = SeededRandom(seed: seed)
            let odds = random.below(5)
            return atoms.disk(
                after: atoms.atoms.map { atom in
                    if random.below(4) < odds { return .landed }
                    return atom.isFresh && random.oneIn(4) ? .junk : .lost
                })
        }
    }
}
