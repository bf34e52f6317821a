import CairnFiles
import CairnSimulation
import CairnStore

/// Flips bits of every file of a small store, one at a time: closed, killed, and killed right after it was
/// opened again; and under a store that is open.
///
/// Legal answers are the right value, a typed error, and the documented cut of a tail that nothing says
/// was durable (Docs/Formats/Segment.md); never a wrong value, an older one, or "there is none". In a file that
/// is derived from the log a flip changes nothing at all: no error, no count.
package struct BitFlips: Instrument {
    package let name = "flips"
    package let unit = "bits"
    package let quickCount: Int

    /// One pass flips every 37th bit of every scene; the next pass those beside them.
    private static let stride = 37
    private let passCount: Int

    /// - Parameter everyBit: all passes, as campaigns do; otherwise the first.
    package init(everyBit: Bool) {
        passCount = everyBit ? Self.stride : 1
        quickCount = .max
    }

    /// Where a store stands when the bits flip.
    private enum Scene: Int, CaseIterable {
        case closed, killed, reopenedAndKilled, open
    }

    /// Each scene of a pass is cut into so many shares, so that threads can share it.
    private static let partCount = 4
    private static let sharesInPass = Scene.allCases.count * partCount

    package var shareCount: Int? { passCount * Self.sharesInPass }

    package func run(share: Int, _ tally: Tally) throws {
        let (pass, rest) = share.quotientAndRemainder(dividingBy: Self.sharesInPass)
        guard let scene = Scene(rawValue: rest / Self.partCount) else { return }
        let part = rest % Self.partCount
        let run = try Self.store(scene)
        let files = run.disk.files.filter { !$0.key.hasSuffix("/LOCK") }
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let bitCount = bytes.count * 8
            let bits = part * bitCount / Self.partCount..<(part + 1) * bitCount / Self.partCount
            for bit in bits where bit % Self.stride == pass {
                tally.count()
                tally.visit("\(scene)")
                do {
                    if scene == .open {
                        try Self.flipUnder(run, path, bit)
                    } else {
                        try Self.flip(path, bit, of: run, scene, derived: true)
                        if !DerivedChange.isDerived(path) {
                            try Self.flip(path, bit, of: run, scene, derived: false)
                        }
                    }
                } catch let broken as BrokenPromise {
                    throw BrokenPromise("\(scene), bit \(bit) of \(path): \(broken)")
                }
            }
        }
        run.abandon()
    }

    /// A store of two segments with overwrites, deletes, metadata, expiry and compressed values.
    private static func store(_ scene: Scene) throws -> EngineRun {
        let run = EngineRun(seed: 11, settings: EngineSettings.smallest)
        try run.open(atLeast: 0)
        var puts: [EngineOperation.Change] = []
        for key in 1...5 {
            let shape = EngineOperation.ValueShape(
                byteCount: 120 * key, isCompressible: key % 2 == 0, metadataByteCount: key,
                timeToLive: key == 3 ? 1_000_000 : nil)
            puts.append(.put(space: key % 2, key: key, shape))
        }
        for put in puts + puts + puts { try run.perform(.commit([put], .durable, waits: true)) }
        // A promise in the middle too: what looks like it must not hide what comes after it.
        try run.perform(.idle(milliseconds: 50))
        try run.perform(.commit([.delete(space: 0, key: 4)], .durable, waits: true))
        try run.perform(
            .commit([.put(space: 1, key: 1, .init(byteCount: 40))], .durable, waits: true))
        // The idle committer writes down that the last commit is durable.
        try run.perform(.idle(milliseconds: 50))
        switch scene {
        case .killed, .open: break
        case .closed: try run.closeForGood()
        case .reopenedAndKilled:
            // Only the open itself has written down how far the log reached.
            try run.perform(
                .commit([.put(space: 0, key: 2, .init(byteCount: 60))], .durable, waits: true))
            try run.perform(.kill(settings: 0))
        }
        return run
    }

    /// - Parameter derived: whether the files that are derived from the log are there; without them all of it
    ///   is read by the open.
    private static func flip(
        _ path: String, _ bit: Int, of run: EngineRun, _ scene: Scene, derived: Bool
    ) throws {
        let disk = run.disk.copy()
        if !derived { try DerivedChange.removeAll.apply(to: disk, older: [:]) }
        disk.damage(path) { $0[bit / 8] ^= 1 << (bit % 8) }
        let reader = EngineRun(seed: 1, settings: EngineSettings.smallest)
        defer { reader.abandon() }
        let isDerived = DerivedChange.isDerived(path)
        let store: Store
        do throws(StoreError) { store = try reader.openForReading(disk) } catch {
            try expect(error.kind != .poisoned && !error.message.isEmpty, "open says \(error)")
            try expect(!isDerived, "a derived file refuses the open: \(error)")
            return
        }
        try expectTruth(
            of: store, run.ledger.current, run.clock.millisecondsSinceEpoch, isDerived: isDerived)
        guard isDerived else { return }
        reader.ledger = run.ledger
        try reader.expectCounts(at: run.ledger.last)
    }

    private static func flipUnder(_ run: EngineRun, _ path: String, _ bit: Int) throws {
        guard let store = run.store else { return }
        run.disk.damage(path) { $0[bit / 8] ^= 1 << (bit % 8) }
        defer { run.disk.damage(path) { $0[bit / 8] ^= 1 << (bit % 8) } }
        try expectTruth(
            of: store, run.ledger.current, run.clock.millisecondsSinceEpoch,
            isDerived: DerivedChange.isDerived(path))
    }

    /// Reads every key there should be, and lists: right, or a typed error.
    private static func expectTruth(
        of store: Store, _ expected: StoreContents, _ now: Int64, isDerived: Bool
    ) throws {
        let orCorrupt = isDerived ? { try $0() } : orCorrupt
        for (name, keys) in expected.spaces {
            let space = try store.keyspace(name)
            for (key, value) in keys where value.isLive(at: now) {
                try orCorrupt {
                    let found = try space.entry(key).map {
                        StoreContents.Value(
                            bytes: $0.value, metadata: $0.metadata, expiry: $0.expiry)
                    }
                    try expect(
                        found == value,
                        "\(name)/\(text(key)): found \(text(found)), expected \(text(value))")
                }
            }
            try orCorrupt {
                let found = try space.keys().map(\.key)
                let wanted = expected.list(KeyRange(), in: name, at: now).map(\.key)
                try expect(found == wanted, "\(name) lists \(found.count) of \(wanted.count) keys")
            }
        }
    }

    /// Runs `body`, which may find damage.
    private static func orCorrupt(_ body: () throws -> Void) throws {
        do { try body() } catch let error as StoreError {
            try expect(error.kind == .corrupt, "reading says \(error)")
        }
    }
}
