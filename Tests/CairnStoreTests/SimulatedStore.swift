import CairnFiles
import CairnPlatform
import CairnSimulation
import CairnStore

/// A store on a disk in memory whose loops run on the test's own thread: nothing happens behind the
/// test's back, and every run is the same.
///
/// The loops run while the test waits for a commit or closes, and in `settle`.
struct SimulatedStore {
    static let path = "/disk/store"
    static let manifest = path + "/MANIFEST"
    static let log = path + "/0000000000000001.segment"
    static let secondLog = path + "/0000000000000002.segment"
    /// What the store of `people` would make next: its second one is ready.
    static let thirdLog = path + "/0000000000000003.segment"

    let disk: SimulatedFileSystem
    let clock = SimulatedClock()
    let scheduler: SimulatedScheduler
    var settings = StoreSettings()
    private let random: SeededRandomSource

    /// - Parameter seed: what the store's identity and the order of its loops are drawn from.
    init(_ disk: SimulatedFileSystem = SimulatedFileSystem(), seed: UInt64 = 1) {
        self.disk = disk
        scheduler = SimulatedScheduler(seed: seed, clock: clock)
        random = SeededRandomSource(seed: seed)
        // The smallest there are: everything happens within a few commits.
        settings.segmentByteCount = StoreLimits.segmentByteCountRange.lowerBound
        settings.compression = .always
    }

    /// A store on a disk that holds `files`.
    init(files: [String: [UInt8]], seed: UInt64 = 1) {
        self.init(
            SimulatedFileSystem(files: files, directories: ["/disk", Self.path]), seed: seed)
    }

    /// Opens the store, through other doors than its own where the test says so.
    func open(
        through fileSystem: (any FileSystem)? = nil, at wallClock: (any WallClock)? = nil
    ) throws(StoreError) -> Store {
        try Store.open(
            at: Self.path, settings: settings,
            components: StoreComponents(
                fileSystem: fileSystem ?? disk, clock: wallClock ?? clock, monotonicClock: clock,
                random: random, loops: scheduler))
    }

    /// Lets everything happen that happens by itself: the idle committer's promise above all.
    func settle() {
        while scheduler.runOne() {}
    }

    /// The store's files without the lock, as programs see them.
    var files: [String: [UInt8]] { disk.files.filter { !$0.key.hasSuffix("/LOCK") } }

    /// The files of a store with three people in it, closed or as a kill leaves it.
    static func people(closed: Bool, seed: UInt64 = 1) throws -> [String: [UInt8]] {
        let world = SimulatedStore(seed: seed)
        let store = try world.open()
        let space = try store.keyspace("people")
        for (key, value) in Self.people.sorted(by: { $0.key < $1.key }) {
            try space.put(key, value)
        }
        if closed { try store.close() }
        world.settle()
        return world.files
    }

    static let people: [String: [UInt8]] = [
        "ada": bytes("countess"), "bob": noise(300), "eve": [UInt8](repeating: 5, count: 400),
    ]
}
