import CairnFiles
import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

/// Files that are derived from the log: row 19 of Docs/FailureModel.md, and what a log that is not read from
/// its beginning must still find of rows 15, 16 and 20.
@Suite("Failure model: derived files") struct DerivedFileRows {
    /// Goal: whatever becomes of a checkpoint or a key run, the contents and the counts are the same, and the
    /// open says which way it took.
    @Test(arguments: IndexedStore.End.allCases)
    func `FM19 a derived file that is gone or cut changes nothing but the way`(
        _ end: IndexedStore.End
    ) throws {
        let store = try IndexedStore(end)
        #expect(try store.check(store.files, "as it is") == .checkpoint)
        #expect(try store.check(store.files(without: [.checkpoint]), "no checkpoint") == .footers)
        #expect(try store.check(store.files(without: [.runs]), "no runs") == .scan)
        #expect(try store.check(store.files(without: [.checkpoint, .runs]), "neither") == .scan)
        for path in store.derived {
            let bytes = try #require(store.files[path])
            for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 7)) {
                var cut = store.files
                cut[path] = Array(bytes[..<length])
                let way = try store.check(cut, "\(path) cut at \(length)")
                #expect(way != .checkpoint || IndexedStore.isRun(path))
            }
        }
    }

    /// Goal: a flipped, zeroed or random byte of a derived file is never believed and never refuses anything.
    @Test(arguments: IndexedStore.End.allCases)
    func `FM19 a damaged derived file changes nothing`(_ end: IndexedStore.End) throws {
        let store = try IndexedStore(end)
        var random = SeededRandom(seed: 19)
        for path in store.derived {
            let count = try #require(store.files[path]).count
            for offset in stride(from: 0, to: count, by: max(1, count / 17)) {
                var damaged = store.files
                damaged[path]?[offset] ^= UInt8(1 + random.below(255))
                _ = try store.check(damaged, "\(path) at \(offset)")
            }
        }
    }

    /// Goal: derived files of an earlier and of a later time, of another history and of another store are
    /// told from those that fit the log. This is stale bytes: files that are whole and wrong.
    @Test func `FM19 FM20 derived files of another time are used only where they fit the log`()
        throws
    {
        let world = IndexedStore.world()
        let store = try world.open()
        let model = IndexedStore.Model()
        try model.write(0..<30, to: store)
        try store.close()
        let older = world.files
        let olderContents = model.contents
        let again = try world.open()
        try model.write(30..<60, to: again)
        try again.close()
        let newer = world.files
        // An older checkpoint and older runs beside a newer log.
        var mixed = newer.filter { !IndexedStore.isDerived($0.key) }
        mixed.merge(older.filter { IndexedStore.isDerived($0.key) }) { $1 }
        #expect(try model.check(mixed, "older files") == .checkpoint)
        // An older log, put back whole beside the derived files of the newer one.
        mixed = older.filter { !IndexedStore.isDerived($0.key) }
        mixed.merge(newer.filter { IndexedStore.isDerived($0.key) }) { $1 }
        let restored = IndexedStore.Model(olderContents)
        #expect(try restored.check(mixed, "newer files") != .checkpoint)
        // The copy goes another way: what was derived from the first history is whole, and wrong.
        let other = IndexedStore.world(older)
        let branch = try other.open()
        try restored.write(60..<95, to: branch)
        try branch.close()
        mixed = other.files.filter { !IndexedStore.isDerived($0.key) }
        mixed.merge(newer.filter { IndexedStore.isDerived($0.key) }) { $1 }
        #expect(try restored.check(mixed, "another history") != .checkpoint)
        // Another store's.
        let stranger = IndexedStore.world(seed: 99)
        let strange = try stranger.open()
        try IndexedStore.Model().write(0..<60, to: strange)
        try strange.close()
        mixed = newer.filter { !IndexedStore.isDerived($0.key) }
        mixed.merge(stranger.files.filter { IndexedStore.isDerived($0.key) }) { $1 }
        #expect(try model.check(mixed, "another store") == .scan)
    }

    /// Goal: an old segment copied over the one with its number is not taken for it, wherever reading begins.
    @Test func `FM20 an older copy of a segment is refused whatever was derived from the log`()
        throws
    {
        let world = IndexedStore.world()
        let store = try world.open()
        let model = IndexedStore.Model()
        var snapshots: [[String: [UInt8]]] = []
        for round in 0..<8 {
            try model.write(round * 8..<(round + 1) * 8, to: store)
            world.settle()
            snapshots.append(world.files)
        }
        try store.close()
        let files = world.files
        var stale = 0
        for snapshot in snapshots {
            for (path, bytes) in snapshot where path.hasSuffix(".segment") && files[path] != bytes {
                // A copy that only lacks the end's shortening holds the same.
                if bytes.starts(with: files[path] ?? []) { continue }
                for parts in IndexedStore.Part.subsets {
                    var mixed = IndexedStore.files(files, without: parts)
                    mixed[path] = bytes
                    try model.expectTruthOrRefusal(mixed, "\(path) of an earlier time")
                    stale += 1
                }
            }
        }
        #expect(stale > 8)
    }

    /// Goal: damage in the middle of the log is not taken for a torn tail, whichever part of the log an open
    /// reads: acknowledged data is right, or the open or the read refuses; the history never gets shorter
    /// without a word.
    @Test(arguments: IndexedStore.End.allCases)
    func `FM15 FM16 damage anywhere in the log is never a shorter history`(
        _ end: IndexedStore.End
    ) throws {
        let store = try IndexedStore(end)
        let segments = store.files.keys.filter { $0.hasSuffix(".segment") }.sorted()
        #expect(segments.count > 3)
        var random = SeededRandom(seed: 3)
        for path in segments {
            let bytes = try #require(store.files[path])
            let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
            // The instrument `flips` takes every bit.
            var turn = 0
            for offset in stride(from: random.below(99), to: used, by: used / 10) {
                turn += 1
                for parts in [[], [.checkpoint], [.checkpoint, .runs]] as [[IndexedStore.Part]] {
                    turn += 1
                    let damage = IndexedStore.Damage.allCases[turn % 3]
                    var damaged = store.files(without: parts)
                    damaged[path] = damage.apply(to: bytes, at: offset, used)
                    guard damaged[path] != bytes else { continue }
                    try store.model.expectTruthOrRefusal(
                        damaged, "\(damage) at \(offset) of \(path), without \(parts)")
                }
            }
        }
    }

    /// Goal: a derived file is in place only whole, synced and about a log that is durable, on a disk that
    /// loses bytes and names that were not synced; a cut at any change leaves a store that opens.
    @Test
    func `FM02 FM08 derived files come and go whole on a disk that loses what was not synced`()
        throws
    {
        let world = IndexedStore.world()
        let model = IndexedStore.Model()
        let moments = Locked<[(disk: SimulatedFileSystem, model: IndexedStore.Model)]>([])
        let disk = world.disk
        disk.setObserver { call in
            if call.isChange { moments.withLock { $0.append((disk.copy(), model.copy())) } }
        }
        for life in 0..<2 {
            let store = try world.open()
            try model.write(life * 14..<(life + 1) * 14, to: store)
            try store.close()
        }
        disk.setObserver(nil)
        var ways: Set<StoreOpening.Path> = []
        let found = moments.withLock { $0 }
        #expect(found.count > 100)
        for (change, moment) in found.enumerated() {
            let cut: PowerCut =
                change.isMultiple(of: 2) ? .losesEverything : .random(seed: UInt64(change))
            let left = moment.disk.afterPowerCut(cut)
            let names = left.files.keys
            let hasRuns = names.contains {
                IndexedStore.isRun($0) && $0.contains("/0000000000000001-")
            }
            let hasCheckpoint = names.contains(IndexedStore.checkpoint)
            let way = try moment.model.checkPrefix(left, "change \(change), \(cut)")
            ways.insert(way)
            // What is in place can be used.
            #expect(
                way == (hasRuns ? hasCheckpoint ? .checkpoint : .footers : .scan),
                "change \(change), \(cut): \(names.sorted())")
        }
        #expect(ways.contains(.checkpoint) && ways.contains(.scan))
    }

    /// Goal: an open that is cut off at any of its changes, and the open after that, and the one after
    /// that, come to the same end by each of the three ways.
    @Test(arguments: StoreOpening.Path.all)
    func `FM01 recovery of recovery comes to the same end, three deep`(
        _ way: StoreOpening.Path
    ) throws {
        let store = try IndexedStore(.killed)
        let parts: [IndexedStore.Part] =
            switch way {
            case .checkpoint: []
            case .footers: [.checkpoint]
            case .scan: [.checkpoint, .runs]
            }
        let files = store.files(without: parts)
        let first = SimulatedFileSystem(files: files, directories: ["/disk", SimulatedStore.path])
        #expect(try store.model.checkPrefix(first.copy(), "uncut", exactly: true) == way)
        var count = 0
        func cut(_ disk: SimulatedFileSystem, depth: Int, _ context: String) throws {
            var changes = depth - 1
            while true {
                let copy = disk.copy()
                copy.cutPower(afterChanges: changes)
                _ = try? IndexedStore.world(copy).open()
                let isOver = copy.hasPower
                let lefts = [
                    copy.afterKill(), copy.afterPowerCut(.losesEverything),
                    copy.afterPowerCut(.random(seed: UInt64(changes))),
                ]
                let left = lefts[(changes + depth) % 3]
                let place = "\(context), change \(changes)"
                count += 1
                _ = try store.model.checkPrefix(left.copy(), place, exactly: true)
                // Deeper, and there all of them, takes the instrument `enumerate`.
                if depth < 3 && changes % 5 == 2 { try cut(left, depth: depth + 1, place) }
                if isOver { return }
                changes += depth == 1 ? 1 : 5
            }
        }
        try cut(first, depth: 1, "\(way)")
        #expect(count > 20)
    }
}

extension StoreOpening.Path {
    static let all: [StoreOpening.Path] = [.checkpoint, .footers, .scan]
}
