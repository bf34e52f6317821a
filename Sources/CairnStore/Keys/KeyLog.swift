import CairnPlatform
import Synchronization

/// All keys of the log in order: the newest in a buffer, older ones in sorted runs, in memory first and
/// then in files.
///
/// A listing captures the parts as they are and merges them; what it captured does not change, so it sees
/// one moment. A commit's keys are appended all at once.
///
/// Invariants
/// - The parts, oldest first, cover every sequence from 1 on without a gap; the buffer covers the rest.
/// - Unsorted parts come last.
///
/// Lock order: innermost; nothing is called under its lock.
final class KeyLog: Sendable {
    /// A buffer with so many keys, or so many bytes of them, becomes a part.
    static let bufferCountMax = 4096
    static let bufferByteCountMax = 1 << 20

    private struct State {
        var buffer = KeyBuffer()
        /// The salts of the segments that keys in memory are in.
        var salts: [UInt64: UInt64] = [:]
        /// Where the buffer's stretch begins.
        var from: LogPosition
        /// How far the log had been written when the newest batch came.
        var written: LogPosition
        var lastSequence: UInt64
        var parts: [KeyPart] = []
        var nextID: UInt64 = 1

        mutating func part(
            _ stretch: KeyStretch, _ content: KeyPart.Content, _ file: KeyRunName?
        ) -> KeyPart {
            defer { nextID += 1 }
            return KeyPart(id: nextID, stretch: stretch, content: content, file: file)
        }
    }

    let store: StoreID
    /// So many bytes of the log's records, and what is in memory is put into a file.
    let stretchByteCount: Int
    private let random: any RandomSource
    private let state: Locked<State>
    private let unsortedCount = Atomic(0)
    private let notice = Locked<Notice?>(nil)

    /// Not a bare closure: one that lies under a generic lock is wrapped once more each time it is taken out.
    private struct Notice: Sendable {
        let send: @Sendable () -> Void
    }

    /// - Parameters:
    ///   - stretchByteCount: how much log may have its keys in memory only.
    ///   - start: where the log begins.
    init(store: StoreID, stretchByteCount: Int, random: any RandomSource, start: LogPosition) {
        self.store = store
        self.stretchByteCount = stretchByteCount
        self.random = random
        state = Locked(State(from: start, written: start, lastSequence: 0))
    }

    /// Has `body` called when a part is ready to be sorted.
    func whenFrozen(_ body: @escaping @Sendable () -> Void) {
        notice.withLock { $0 = Notice(send: body) }
    }

    /// Parts that wait to be sorted.
    var backlog: Int { unsortedCount.load(ordering: .relaxed) }

    /// Whether so many keys wait to be sorted that commits should wait too: a million, some 100 MB.
    var isBehind: Bool { backlog > 256 }

    /// The newest commit whose keys are here.
    var lastSequence: UInt64 { state.withLock { $0.lastSequence } }

    var parts: [KeyPart] { state.withLock { $0.parts } }

    /// Bytes of memory without cached blocks.
    var byteCount: Int {
        state.withLock { state in state.parts.reduce(state.buffer.cost) { $0 + $1.cost } }
    }

    /// Bytes of the log's records whose keys are in memory only.
    var unwrittenByteCount: Int {
        state.withLock { state in
            state.parts.filter { $0.file == nil }
                .reduce(state.buffer.recordByteCount) { $0 + $1.recordByteCount }
        }
    }

    /// A random salt for a run.
    func salt() -> UInt64 { random.next() }

    /// Puts a run that was found in its file behind those there are.
    func adopt(_ run: KeyRun, file: KeyRunName) {
        state.withLock { state in
            state.parts.append(state.part(KeyStretch(run), .run(run), file))
            state.from = run.summary.to
            state.written = run.summary.to
            state.lastSequence = run.lastSequence
        }
    }

    /// Enters the keys of one batch, unless they are here already.
    /// - Parameters:
    ///   - segment: all of them are in it.
    ///   - written: how far the log has been written.
    func append(_ records: [PlacedRecord], in segment: Segment, written: LogPosition) {
        let isFrozen = state.withLock { state -> Bool in
            guard let first = records.first, first.record.sequence > state.lastSequence else {
                return false
            }
            state.lastSequence = first.record.sequence
            state.written = written
            state.salts[segment.identity.number] = segment.identity.salt
            for placed in records { state.buffer.append(placed) }
            guard
                state.buffer.count >= Self.bufferCountMax
                    || state.buffer.byteCount >= Self.bufferByteCountMax
                    || state.buffer.recordByteCount >= stretchByteCount / 16
            else { return false }
            freeze(&state)
            return true
        }
        if isFrozen { notice.withLock { $0 }?.send() }
    }

    /// Makes what is in the buffer a part; the log has been written up to `position`.
    func freeze(at position: LogPosition) {
        state.withLock { state in
            state.written = position
            freeze(&state)
        }
    }

    private func freeze(_ state: inout State) {
        let first = (state.parts.last?.stretch.lastSequence ?? 0) + 1
        guard first <= state.lastSequence else { return }
        let stretch = KeyStretch(
            firstSequence: first, lastSequence: state.lastSequence, from: state.from,
            to: state.written)
        state.parts.append(state.part(stretch, .buffer(state.buffer), nil))
        state.from = state.written
        state.buffer = KeyBuffer()
        unsortedCount.add(1, ordering: .relaxed)
    }

    /// The keys of a keyspace at or after `lower` and before `upper` as they are now: sources to merge,
    /// oldest first.
    func capture(_ keyspace: UInt64, from lower: [UInt8], to upper: [UInt8]?) -> [KeySource] {
        let (parts, newest) = state.withLock { state in
            (state.parts, state.buffer.sorted(keyspace: keyspace, from: lower, to: upper))
        }
        let sources = parts.map { part -> KeySource in
            switch part.content {
            case .run(let run): .run(run)
            case .buffer(let buffer):
                .block(buffer.sorted(keyspace: keyspace, from: lower, to: upper))
            }
        }
        return newest.count > 0 ? sources + [.block(newest)] : sources
    }

    /// All keys of all keyspaces as they are now.
    func captureAll() -> [KeySource] {
        let (parts, newest) = state.withLock { ($0.parts, $0.buffer) }
        let sources = parts.map { part -> KeySource in
            switch part.content {
            case .run(let run): .run(run)
            case .buffer(let buffer): .block(buffer.sorted())
            }
        }
        return sources + [.block(newest.sorted())]
    }

    /// Sorts an unsorted part.
    func sort(_ part: KeyPart) throws(KeyRunError) {
        guard case .buffer(let buffer) = part.content else { return }
        let salts = state.withLock { $0.salts }
        let run = try buffer.run(
            of: part.stretch, store: store, salt: random.next(), segmentSalts: salts)
        replace([part], with: run, file: nil)
        unsortedCount.subtract(1, ordering: .relaxed)
    }

    /// Sorts all there is to sort: for those who read the log with nobody beside them.
    func sortAll() {
        for part in parts where part.run == nil {
            // What is in memory cannot be damaged.
            do throws(KeyRunError) { try sort(part) } catch { return }
        }
    }

    /// Merges adjacent runs into one in memory.
    func merge(_ parts: [KeyPart]) throws(KeyRunError) {
        let runs = parts.compactMap(\.run)
        // Nothing is older than the first part: what it says is gone needs no mention.
        var merge = try RunMerge(
            runs, into: KeyRunWriter(merging: runs, salt: salt()),
            dropTombstones: parts[0].stretch.firstSequence == 1
                || PlantedBug.mergeLosesTombstones.isPlanted)
        while try !merge.step(entries: .max) {}
        merge.writer.finish()
        let run = try KeyRun.open(.memory(merge.writer.takeBytes()), store: store)
        replace(parts, with: run, file: nil)
    }

    /// Puts a run in the place of the parts it was made of, which are adjacent.
    func replace(_ parts: [KeyPart], with run: KeyRun, file: KeyRunName?) {
        state.withLock { state in
            guard let first = parts.first,
                let index = state.parts.firstIndex(where: { $0.id == first.id }),
                index + parts.count <= state.parts.count,
                state.parts[index + parts.count - 1].id == parts[parts.count - 1].id
            else { return }
            let part = state.part(KeyStretch(run), .run(run), file)
            state.parts.replaceSubrange(index..<index + parts.count, with: [part])
        }
    }
}
