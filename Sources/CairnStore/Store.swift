import CairnFiles
import CairnPlatform
import Synchronization

/// An embedded key-value store on one append-only log.
///
///     let store = try Store.open(at: "/var/lib/app")
///     let users = try store.keyspace("users")
///     try await users.put("ada", bytes)                 // returns when durable
///     let ticket = try store.commit(batch)              // returns at once
///     try await ticket.durable()
///     for entry in try users.list(prefix: "a", limit: 100) { … }
///
/// Every commit is a batch: atomic across keyspaces, visible at once, and acknowledged when it is as
/// safe as was asked. What is read may therefore be newer than what is durable; whoever answers the
/// outside world on the strength of a read waits for `ticket(for: entry.sequence)` first.
///
/// All methods may be called from any thread. One directory has one owner: a second `open`, in this
/// process or another, is refused. Not for network file systems.
///
/// Lock order: `manifest`, then `log`, then `index` and what is in it, then the commit progress.
public final class Store: Sendable {
    /// The directory.
    public let path: String
    let settings: StoreSettings
    let components: StoreComponents
    let log: Log
    let index: StoreIndex
    let manifest: ManifestFile
    /// What has been read and decoded.
    let cache: StoreCache
    /// Everything up to here was there when the store was opened.
    let openedSequence: UInt64
    /// How the store came to know its keys.
    public let opening: StoreOpening
    private let committer: Locked<Committer>
    private let indexer: Locked<StoreIndexer>
    private let indexing: any BackgroundLoop
    private let lifecycle: Locked<Lifecycle>
    private let closed = Atomic(false)
    /// Bytes of a torn tail that opening cut off: none of it had been acknowledged as durable.
    public let droppedByteCount: Int

    private struct Lifecycle: ~Copyable {
        var lock: DirectoryLock?
    }

    /// Opens the store in `path`, creating it when nothing is there.
    ///
    /// Recovers from whatever ended the last owner: a torn tail is cut, and all that is kept is
    /// durable before this returns.
    /// - Parameters:
    ///   - path: a directory; created (0700) when missing, its parent must exist.
    ///   - settings: limits and choices; any may change from one open to the next.
    ///   - components: the parts of the outside world; by default the operating system's.
    ///   - progress: called now and then, on the calling thread, while it takes long.
    /// - Throws: `.locked`, `.notADirectory`, `.permission`, `.unsupportedVersion`, `.corrupt`,
    ///   `.missing`, `.foreign`, `.noSpace`, `.invalid`, `.inputOutput`. Nothing is changed by an
    ///   open that is refused.
    public static func open(
        at path: String, settings: StoreSettings = StoreSettings(),
        components: StoreComponents = StoreComponents(),
        progress: (StoreOpeningProgress) -> Void = { _ in }
    ) throws(StoreError) -> Store {
        try Store(path, settings, components, progress)
    }

    private init(
        _ path: String, _ settings: StoreSettings, _ components: StoreComponents,
        _ progress: (StoreOpeningProgress) -> Void
    ) throws(StoreError) {
        try settings.check()
        self.path = path
        self.settings = settings
        self.components = components
        let directory = StoreDirectory(path: path, fileSystem: components.fileSystem)
        try directory.create()
        let lock = try directory.lock()
        cache = StoreCache(capacity: settings.cacheByteCount)
        let opened = try OpenedLog(directory, settings, components, cache, progress)
        let recovered = opened.recovered
        manifest = opened.manifest
        droppedByteCount = opened.droppedByteCount
        index = opened.index
        opening = opened.opening
        openedSequence = recovered.end.nextSequence - 1
        let loops = components.loops
        let writing = loops.makeLoop(name: "cairn-commit")
        let preparing = loops.makeLoop(name: "cairn-segments")
        let indexing = loops.makeLoop(name: "cairn-index")
        self.indexing = indexing
        index.keys.whenFrozen { indexing.wake() }
        let log = Log(
            LogState(
                active: recovered.active, segmentByteCount: settings.segmentByteCount,
                written: recovered.end, spares: recovered.spares),
            pendingByteCountMax: settings.pendingByteCountMax, committer: writing,
            preparer: preparing, help: loops.help,
            counters: StoreCounters(clock: components.monotonicClock))
        self.log = log
        let committer = Locked(
            Committer(
                log: log, clock: components.clock, epoch: opened.manifest.current.epoch,
                idlePromiseDelay: settings.idlePromiseDelay, position: recovered.end))
        self.committer = committer
        lifecycle = Locked(Lifecycle(lock: lock))
        let indexer = Locked(
            StoreIndexer(
                index, log, in: path, components.fileSystem,
                checkpointByteCount: settings.checkpointByteCount, found: opened.checkpointed))
        self.indexer = indexer
        let index = index
        let preparer = SegmentPreparer(maker: opened.maker, log: log) { index.add($0) }
        preparing.start { _ in preparer.step() }
        // The loop alone takes the committer's lock until it has ended.
        writing.start { wake in committer.withLock { $0.step(wake) } }
        indexing.start { _ in indexer.withLock { $0.step(wake: indexing) } }
    }

    deinit {
        // Whoever wants to know whether closing worked calls `close()`.
        try? close()
    }

    /// A handle on the keyspace called `name`. Costs nothing and touches nothing.
    /// - Throws: `.invalid` unless the name has 1 to 1024 bytes of UTF-8.
    public func keyspace(_ name: String) throws(StoreError) -> Keyspace {
        let limit = StoreLimits.keyspaceNameByteCountMax
        guard (1...limit).contains(name.utf8.count) else {
            throw StoreError(
                .invalid,
                "a keyspace's name must have 1 to \(limit) bytes of UTF-8, this one has "
                    + "\(name.utf8.count)")
        }
        return Keyspace(name: name, store: self, memory: SpaceMemory())
    }

    /// Names of the keyspaces that exist and begin with `prefix`, in byte order.
    public func keyspaces(prefix: String = "") -> [String] {
        let wanted = Array(prefix.utf8)
        return index.withAccounts { Array($0.numbers.keys) }
            .map { Array($0.utf8) }
            .filter { $0.starts(with: wanted) }
            .sorted(by: ByteOrder.precedes)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// A ticket for everything up to `sequence`, such as the sequence of an entry that was read.
    public func ticket(for sequence: CommitSequence) -> CommitTicket {
        CommitTicket(sequence: sequence, durability: .durable, progress: log.progress)
    }

    /// The sequence of the newest commit that is visible.
    public var lastSequence: CommitSequence {
        CommitSequence(log.state.withLock { $0.nextSequence } - 1)
    }

    /// The sequence up to which everything is on the platter.
    public var durableSequence: CommitSequence { log.progress.durable }

    /// Why the store takes no more writes, or `nil` while it does.
    public var failure: StoreError? { log.progress.failure }

    /// Makes everything durable, gives reserved space back and releases the directory.
    ///
    /// Commits still waiting become durable first. Closing twice is harmless; every other call on a
    /// closed store throws `.closed`.
    /// - Throws: `.poisoned` when the store was, or became so; the directory is released even then.
    public func close() throws(StoreError) {
        guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        log.stop(StoreError(.closed, "the store has been closed"))
        indexing.wake()
        indexing.join()
        defer { lifecycle.withLock { $0.lock = nil } }
        if let failure {
            indexer.withLock { $0.abandon() }
            throw failure
        }
        let position = committer.withLock { $0.position }
        indexer.withLock { $0.finish(at: position) }
        try settle(position)
    }

    /// Whether `close` has been called.
    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// Writes down where the log ends, then cuts the reserved space off: a crash between the two
    /// leaves the space reserved, never a file that ends where nobody knows why.
    private func settle(_ position: LogPosition) throws(StoreError) {
        let (active, spares) = log.state.withLock { ($0.active, $0.spares) }
        // A batch that came to nothing may have rolled the log over all the same: then nothing is in the
        // active segment yet.
        let end =
            position.segment == active.identity.number
            ? position.offset : SegmentHeader.byteCount
        do throws(ManifestFile.Failure) {
            try manifest.update { manifest in
                manifest.floor = Manifest.Floor(
                    sequence: position.nextSequence - 1, segment: active.identity.number,
                    offset: UInt64(end), chain: position.chain)
                manifest.isClosed = true
                manifest.nextKeyspace = index.withAccounts { $0.nextKeyspace }
            }
        } catch {
            switch error {
            case .unchanged(let cause), .unknown(let cause):
                throw StoreError(cause, while: "cannot write the manifest of \(path)")
            }
        }
        try naming("cannot close the store in \(path)") { () throws(FileError) in
            try active.truncate(to: end)
            try active.synchronize(.all)
            for spare in spares { try spare.truncate(to: SegmentHeader.byteCount) }
        }
    }
}
