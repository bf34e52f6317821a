import CairnFiles
import CairnObjects
import CairnPlatform
import CairnSimulation
import CairnStore

/// How one life is set up: drawn anew at each boot.
struct LifeOptions: Sendable {
    /// What the disk does wrong.
    enum Trouble: Sendable {
        case none
        /// Short and interrupted calls, which nobody may notice.
        case harmless
        /// A write or sync fails.
        case failure(FileError.Operation, after: Int)
        /// The disk is full for a while.
        case full(after: Int)
    }

    var store = StoreSettings()
    var objects = ObjectSettings()
    var trouble = Trouble.none
    /// Constructors run a critical section.
    var setsUp = false
    /// One constructor in so many refuses; `nil` for none.
    var birthRefusalOdds: Int?

    /// A life like any other, in which nothing fails.
    init() {}

    /// What `random` chooses.
    /// - Parameter isRough: objects are reset and constructors fail.
    init(_ random: inout SeededRandom, isRough: Bool, hasTrouble: Bool) {
        store.segmentByteCount = [8 << 10, 12 << 10, 32 << 10, 64 << 10][random.below(4)]
        store.idlePromiseDelay = .milliseconds(1 + random.below(20))
        store.compression = [.whenBusy, .always, .never][random.below(3)]
        objects.idleLimit =
            [
                .milliseconds(20), .milliseconds(50), .seconds(1), .seconds(70),
            ][random.below(4)]
        objects.residentCountMax = [1, 2, 3, 100][random.below(4)]
        if isRough && random.oneIn(4) { objects.criticalSectionLimit = .milliseconds(200) }
        setsUp = random.oneIn(2)
        if isRough && random.oneIn(2) { birthRefusalOdds = 4 + random.below(30) }
        guard hasTrouble else { return }
        switch random.below(4) {
        case 0: trouble = .harmless
        case 1: trouble = .full(after: 1 + random.below(60))
        case 2: trouble = .failure(.write, after: 1 + random.below(100))
        default: trouble = .failure(.synchronize, after: 1 + random.below(100))
        }
    }

    func refusesBirth(_ lab: Lab) -> Bool {
        guard let odds = birthRefusalOdds, lab.simulation.choose(below: odds) == 0 else {
            return false
        }
        lab.outside.excuse("a constructor refuses")
        return true
    }

    /// Lets the disk go wrong from now on.
    func beginTrouble(_ lab: Lab, _ random: SeededRandom) {
        let calls = Locked((count: 0, random: random))
        let disk = lab.simulation.disk
        let (outside, clock) = (lab.outside, lab.clock)
        if lab.options.objects.criticalSectionLimit < .seconds(1) {
            outside.excuse("critical sections are short")
        }
        switch trouble {
        case .none: break
        case .harmless:
            disk.setFaults { _ in
                calls.withLock { calls in
                    calls.random.below(4) == 0
                        ? (calls.random.oneIn(2) ? .short : .interrupted) : nil
                }
            }
        case .failure(let operation, let after):
            disk.setFailedSyncKeeps(.random(seed: 7))
            disk.setFaults { call in
                guard call.operation == operation else { return nil }
                let isDue = calls.withLock { calls in
                    calls.count += 1
                    return calls.count == after
                }
                guard isDue else { return nil }
                outside.excuse("a disk that fails")
                return .inputOutput
            }
        case .full(let after):
            disk.setObserver { call in
                guard call.operation == .write else { return }
                let isDue = calls.withLock { calls in
                    calls.count += 1
                    return calls.count == after
                }
                guard isDue else { return }
                outside.excuse("a full disk")
                disk.setCapacity(0)
                clock.schedule(after: .milliseconds(50)) { disk.setCapacity(.max) }
            }
        }
    }
}
