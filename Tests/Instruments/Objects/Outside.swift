import CairnPlatform
import CairnSimulation

/// What the world outside has learnt of the objects and of their KV values, over all crashes, and whether
/// the disk bears it out.
///
/// Every subject counts: its counter only grows. To have learnt a number is therefore a promise that the
/// counter on the disk will never again be less; and a number that one write has given is given by no
/// other.
final class Outside: Sendable {
    /// A counter: a subject's own, or the one it keeps in KV.
    enum Place: Hashable {
        case subject(Int)
        case kv(Int)
        /// The number of the instance that has last told KV that it is the live one. The writes of an
        /// instance end before the next one begins, so this grows too.
        case owner(Int)
    }

    private struct Standing {
        /// The largest number anybody has learnt.
        var learnt = 0
        /// How.
        var way = ""
        /// The largest number anybody has tried to write.
        var attempted = 0
        /// The numbers whose writers have learnt that they are written.
        var claimed: Set<Int> = []
    }

    private struct State {
        var standings: [Place: Standing] = [:]
        var violation: String?
        var lastInstance = 0
        /// Why operations may fail in this life; `nil` while they may not.
        var excuse: String?
        var random: SeededRandom
    }

    private let simulation: Simulation
    private let reader: DiskReader
    /// One receipt in so many is held against the disk at once.
    private let checkOdds: Int
    private let state: Locked<State>

    init(_ simulation: Simulation, _ reader: DiskReader, checkOdds: Int) {
        self.simulation = simulation
        self.reader = reader
        self.checkOdds = checkOdds
        state = Locked(State(random: SeededRandom(seed: simulation.seed ^ 0x07D1)))
    }

    // MARK: What happens

    /// A subject is about to write `number`.
    func attempt(_ place: Place, _ number: Int) {
        state.withLock { state in
            state.standings[place, default: Standing()].attempted =
                max(number, state.standings[place]?.attempted ?? 0)
        }
    }

    /// The largest number learnt so far: what is read from now on may not be less.
    func floor(_ place: Place) -> Int { state.withLock { $0.standings[place]?.learnt ?? 0 } }

    /// Somebody outside the subject has learnt that its counter is at least `number`.
    func learn(_ place: Place, _ number: Int, by way: String) {
        guard simulation.disk.hasPower else { return }
        simulation.trace.note(UInt64(number))
        let (complaint, isChecked) = state.withLock { state -> (String?, Bool) in
            var standing = state.standings[place] ?? Standing()
            if number > standing.learnt {
                standing.learnt = number
                standing.way = way
            }
            state.standings[place] = standing
            let isChecked = state.random.oneIn(checkOdds)
            guard number <= standing.attempted else {
                return ("\(place) is said to be \(number), which nobody wrote", isChecked)
            }
            return (nil, isChecked)
        }
        if let complaint { fail("\(complaint) (\(way))") }
        if isChecked { check(simulation.disk.afterPowerCut(.losesEverything), "after \(way)") }
    }

    /// The same, by whoever caused the write that made it `number`.
    /// - Parameter floor: what was known before the write began.
    func claim(_ place: Place, _ number: Int, above floor: Int, by way: String) {
        guard simulation.disk.hasPower else { return }
        let isNew = state.withLock {
            $0.standings[place, default: Standing()].claimed.insert(number).inserted
        }
        if !isNew { fail("\(place) gave \(number) twice (\(way))") }
        if number <= floor {
            fail("\(place) went on with \(number) although \(floor) was known (\(way))")
        }
        learn(place, number, by: way)
    }

    /// What was read of a counter, by somebody who knew `floor` before asking.
    func read(_ place: Place, _ number: Int, notBelow floor: Int, by way: String) {
        guard simulation.disk.hasPower else { return }
        if number < floor {
            fail("\(place) was read as \(number) although \(floor) was known (\(way))")
        }
        learn(place, number, by: way)
    }

    /// A number for an instance, larger than those of all lives before.
    func nextInstance() -> Int {
        state.withLock { state in
            state.lastInstance += 1
            return state.lastInstance
        }
    }

    // MARK: What may and may not be

    /// Operations may fail from now on, until the next life.
    func excuse(_ reason: String) { state.withLock { $0.excuse = $0.excuse ?? reason } }

    /// A life begins in which nothing may fail.
    func beginLife() { state.withLock { $0.excuse = nil } }

    /// An operation has failed.
    func failed(_ operation: String, _ error: any Error) {
        simulation.trace.note("failed")
        guard simulation.disk.hasPower, state.withLock({ $0.excuse }) == nil else { return }
        fail("\(operation) failed for no reason: \(error)")
    }

    /// A promise was broken. The first one counts.
    func fail(_ violation: String) { state.withLock { $0.violation = $0.violation ?? violation } }

    /// The first broken promise.
    var violation: String? { state.withLock { $0.violation } }

    /// Holds a disk against all that has been learnt.
    func check(_ disk: SimulatedFileSystem, _ when: String) {
        let standings = state.withLock { $0.standings }
        do {
            let all = try reader.contents(of: disk)
            for contents in all {
                try contents.checkPeers(all)
                try contents.check(
                    learnt: { (standings[$0]?.learnt ?? 0, standings[$0]?.way ?? "") },
                    attempted: { standings[$0]?.attempted ?? 0 })
            }
        } catch {
            fail("\(when): \(error)")
        }
    }
}
