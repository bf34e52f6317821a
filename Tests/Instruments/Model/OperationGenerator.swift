import CairnSimulation
import CairnStore

/// Random operations, the same for the same seed.
///
/// Each generator has moods of its own: which operations it likes, how large its values are, how many
/// keys it knows. A thousand generators that all did a bit of everything would all do the same.
struct OperationGenerator {
    private var random: SeededRandom
    private let faults: Bool
    private let keyCount: Int
    private let spaceCount: Int
    private let valueByteCountMax: Int
    private let durableOdds: Int
    private let restartOdds: Int
    private let faultOdds: Int
    /// Likes to see what a disk does that stays full for a while.
    private let fillsDisk: Bool
    private var favourite: KeyRange?
    /// Hardly ever waits, so that the index runs ahead of the disk.
    private let isHasty: Bool

    init(seed: UInt64, faults: Bool) {
        random = SeededRandom(seed: seed)
        self.faults = faults
        keyCount = [3, 12, 60, 400][random.below(4)]
        spaceCount = [1, 2, 4][random.below(3)]
        valueByteCountMax = [20, 200, 1500][random.below(3)]
        durableOdds = [1, 3, 10][random.below(3)]
        let isFan = random.oneIn(5)
        let fillsDisk = faults && isFan
        self.fillsDisk = fillsDisk
        restartOdds = fillsDisk ? 600 : [20, 60, 200][random.below(3)]
        faultOdds = [40, 120, 1000][random.below(3)]
        isHasty = random.oneIn(4)
    }

    mutating func next() -> EngineOperation {
        if random.oneIn(restartOdds) { return restart() }
        if faults && random.oneIn(faultOdds) { return fault() }
        switch random.below(100) {
        case 0..<40: return commit()
        case 40..<62: return .get(space: space(), key: key())
        case 62..<68: return .list(space: space(), range())
        case 68..<73: return .keys(space: space(), range())
        case 73..<76: return .visit(space: space(), range())
        case 76: return .page(space: space(), pageRange())
        case 77..<82: return isHasty ? .steps(3) : .sync
        case 82..<90: return .steps(1 + random.below(6))
        case 90..<95: return .idle(milliseconds: [1, 30, 2000][random.below(3)])
        case 95: return .jump(milliseconds: jump())
        case 96: return .dump
        case 97: return .openTwice
        default: return .commit([], isHasty ? .memory : .durable, waits: !isHasty)
        }
    }

    private mutating func restart() -> EngineOperation {
        let settings = random.next() >> 1
        switch random.below(16) {
        case 10: return .remember
        case 11: return .restore(keepsNewer: random.oneIn(2), settings: settings)
        case 12...: return .tamper(derived(), killing: random.oneIn(2), settings: settings)
        case 0..<3: return .reopen(settings: settings)
        case 3..<5: return .kill(settings: settings)
        case 5: return .powerCut(.losesEverything, settings: settings)
        case 6: return .powerCut(.losesNothing, settings: settings)
        case 7..<9: return .powerCut(.random(seed: random.next()), settings: settings)
        default: return .verify(settings: settings)
        }
    }

    private mutating func derived() -> DerivedChange {
        switch random.below(8) {
        case 0: return .removeCheckpoint
        case 1: return .removeAllRuns
        case 2: return .removeSomeRuns(seed: random.next())
        case 3: return .damageCheckpoint(seed: random.next())
        case 4: return .damageRun(seed: random.next())
        case 5: return .putBackOlder
        default: return .removeAll
        }
    }

    private mutating func fault() -> EngineOperation {
        if fillsDisk { return random.oneIn(4) ? .free : .fill(byteCount: random.below(5000)) }
        switch random.below(8) {
        case 0, 1: return .heal
        case 2: return .fill(byteCount: random.below(12_000))
        case 3: return .free
        default:
            let kinds = DiskFault.allCases
            return .fault(
                kinds[random.below(kinds.count)], afterCalls: random.below(40),
                isLasting: random.oneIn(4))
        }
    }

    private mutating func commit() -> EngineOperation {
        let isMany = keyCount > 100 && random.oneIn(3)
        let count = isMany ? 20 : random.oneIn(4) ? 1 + random.below(6) : 1
        let changes = (0..<count).map { _ in change() }
        if isHasty && !random.oneIn(20) { return .commit(changes, .memory, waits: false) }
        let level: Durability =
            random.oneIn(durableOdds) ? .durable : random.oneIn(2) ? .buffered : .memory
        return .commit(changes, level, waits: random.oneIn(2))
    }

    private mutating func change() -> EngineOperation.Change {
        switch random.below(20) {
        case 0..<14: return .put(space: space(), key: key(), shape())
        case 14..<19: return .delete(space: space(), key: key())
        default:
            return random.oneIn(3) ? .drop(space: space()) : .delete(space: space(), key: key())
        }
    }

    private mutating func shape() -> EngineOperation.ValueShape {
        EngineOperation.ValueShape(
            byteCount: random.below(valueByteCountMax), isCompressible: random.oneIn(2),
            metadataByteCount: random.oneIn(5) ? 1 + random.below(40) : 0,
            timeToLive: random.oneIn(6) ? Int64(random.below(4000)) - 500 : nil)
    }

    /// A range that is asked for again and again, so that its pages are in the cache, and any other.
    private mutating func range() -> KeyRange {
        if random.oneIn(2) {
            if let favourite { return favourite }
            favourite = anyRange()
            return favourite ?? KeyRange()
        }
        return anyRange()
    }

    private mutating func pageRange() -> KeyRange {
        var range = anyRange()
        range.limit = 1 + random.below(10)
        return range
    }

    private mutating func anyRange() -> KeyRange {
        var range = KeyRange()
        if random.oneIn(3) { range.prefix = Array(EngineOperation.key(key()).prefix(2)) }
        if random.oneIn(4) { range.start = EngineOperation.key(key()) }
        if random.oneIn(5) { range.startAfter = EngineOperation.key(key()) }
        if random.oneIn(4) { range.end = EngineOperation.key(key()) }
        range.reverse = random.oneIn(2)
        if random.oneIn(2) { range.limit = random.below(10) }
        return range
    }

    private mutating func jump() -> Int64 {
        let tenYears: Int64 = 315_360_000_000
        switch random.below(4) {
        case 0: return tenYears
        case 1: return -tenYears
        default: return Int64(random.below(10_000)) - 5000
        }
    }

    private mutating func space() -> Int { random.below(spaceCount) }
    private mutating func key() -> Int { random.below(keyCount) }
}
