import CairnFiles
import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

/// A store of several segments with a checkpoint and key runs, and what it must hold.
struct IndexedStore {
    /// How its process ended.
    enum End: CaseIterable {
        case closed, killed
    }

    /// What is derived from the log.
    enum Part: CaseIterable {
        case checkpoint, runs

        static let subsets: [[Part]] = [[], [.checkpoint], [.runs], [.checkpoint, .runs]]
    }

    /// What happens to bytes of a file.
    enum Damage: CaseIterable {
        case flip, zero, cut

        func apply(to bytes: [UInt8], at offset: Int, _ used: Int) -> [UInt8] {
            var result = bytes
            switch self {
            case .flip: result[offset] ^= UInt8(1 << (offset % 8))
            case .zero:
                for index in offset..<min(offset + 64, used) { result[index] = 0 }
            case .cut: result.removeSubrange(offset...)
            }
            return result
        }
    }

    static let checkpoint = SimulatedStore.path + "/" + CheckpointFile.fileName

    static func isRun(_ path: String) -> Bool { path.hasSuffix(KeyRunName.suffix) }

    static func isDerived(_ path: String) -> Bool { path == checkpoint || isRun(path) }

    let files: [String: [UInt8]]
    let model = Model()

    init(_ end: End) throws {
        let world = Self.world()
        var store = try world.open()
        try model.write(0..<40, to: store)
        try store.close()
        store = try world.open()
        // Behind the checkpoint there is more log, and more runs.
        try model.write(40..<60, to: store)
        world.settle()
        if end == .closed { try store.close() }
        files = world.files
        #expect(files[Self.checkpoint] != nil)
        #expect(files.keys.contains(where: Self.isRun))
        withExtendedLifetime(store) {}
    }

    var derived: [String] { files.keys.filter(Self.isDerived).sorted() }

    func files(without parts: [Part]) -> [String: [UInt8]] {
        Self.files(files, without: parts)
    }

    static func files(
        _ files: [String: [UInt8]], without parts: [Part]
    ) -> [String: [UInt8]] {
        files.filter { path, _ in
            !(path == checkpoint && parts.contains(.checkpoint))
                && !(isRun(path) && parts.contains(.runs))
        }
    }

    /// Opens `files` and compares everything.
    /// - Returns: the way the open took.
    func check(_ files: [String: [UInt8]], _ context: String) throws -> StoreOpening.Path {
        try model.check(files, context)
    }

    static func world(
        _ disk: SimulatedFileSystem = SimulatedFileSystem(), seed: UInt64 = 1
    ) -> SimulatedStore {
        var world = SimulatedStore(disk, seed: seed)
        world.settings.checkpointByteCount = 4 << 10
        world.settings.compression = .never
        return world
    }

    static func world(_ files: [String: [UInt8]]) -> SimulatedStore {
        world(SimulatedFileSystem(files: files, directories: ["/disk", SimulatedStore.path]))
    }
}

extension IndexedStore {
    /// What has been written, commit by commit.
    final class Model: Sendable {
        typealias Contents = [String: [String: [UInt8]]]

        private struct State {
            /// After each commit, the empty store first.
            var history: [Contents]
            /// The newest commit that was acknowledged.
            var acknowledged = 0
        }

        private let state: Locked<State>

        init(_ contents: Contents = [:]) { state = Locked(State(history: [contents])) }

        private init(_ state: State) { self.state = Locked(state) }

        func copy() -> Model { Model(state.withLock { $0 }) }

        var contents: Contents { state.withLock { $0.history[$0.history.count - 1] } }

        /// Makes the commits with these numbers: puts, overwrites, deletes, a keyspace that comes and goes.
        func write(_ numbers: Range<Int>, to store: Store) throws {
            for number in numbers {
                var next = contents
                var batch = WriteBatch()
                func put(_ space: String, _ key: String, _ value: [UInt8]) throws {
                    batch.put(key, value, in: try store.keyspace(space))
                    next[space, default: [:]][key] = value
                }
                func delete(_ space: String, _ key: String) throws {
                    batch.delete(key, in: try store.keyspace(space))
                    next[space]?[key] = nil
                }
                if number % 9 == 8 {
                    batch.drop(try store.keyspace("fleeting"))
                    next["fleeting"] = nil
                }
                if number % 9 != 8 || number % 2 == 0 {
                    try put("fleeting", "f\(number % 5)", noise(40, seed: UInt64(number)))
                }
                try put("people", "k\(number % 23)", noise(350, seed: UInt64(number)))
                if number % 3 == 0 { try delete("people", "k\((number + 11) % 23)") }
                state.withLock { $0.history.append(next) }
                let ticket = try store.commit(batch)
                try ticket.waitUntilDurable()
                state.withLock { $0.acknowledged = $0.history.count - 1 }
            }
        }

        /// Opens `files` and compares all there is with the newest state.
        func check(_ files: [String: [UInt8]], _ context: String) throws -> StoreOpening.Path {
            try checkPrefix(
                SimulatedFileSystem(files: files, directories: ["/disk", SimulatedStore.path]),
                context, exactly: true)
        }

        /// Opens what is on `disk` and compares it with the states that are legal: those from the newest
        /// acknowledged one on.
        /// - Parameter exactly: only the newest state is.
        func checkPrefix(
            _ disk: SimulatedFileSystem, _ context: String, exactly: Bool = false
        ) throws -> StoreOpening.Path {
            let store: Store
            do { store = try IndexedStore.world(disk).open() } catch {
                Issue.record("\(context): cannot open: \(error)")
                throw error
            }
            let found = try Self.read(store)
            let legal = state.withLock { state in
                Array(state.history[(exactly ? state.history.count - 1 : state.acknowledged)...])
            }
            #expect(legal.contains(found), "\(context): wrong contents")
            let counts = Dictionary(
                uniqueKeysWithValues: store.keyspaceMetrics().map { ($0.name, $0.keyCount) })
            #expect(counts == found.mapValues(\.count), "\(context): wrong counts")
            let way = store.opening.path
            disk.cutPower()
            return way
        }

        /// Opens `files`: every answer is right, or there is a typed error.
        func expectTruthOrRefusal(_ files: [String: [UInt8]], _ context: String) throws {
            let world = IndexedStore.world(files)
            let store: Store
            do throws(StoreError) { store = try world.open() } catch {
                let legal: Set<StoreError.Kind> = [
                    .corrupt, .foreign, .missing, .unsupportedVersion,
                ]
                #expect(legal.contains(error.kind), "\(context): \(error)")
                return
            }
            defer { world.disk.cutPower() }
            #expect(store.keyspaces() == contents.keys.sorted(), "\(context): keyspaces")
            for (name, keys) in contents {
                let space = try store.keyspace(name)
                for (key, value) in keys {
                    do throws(StoreError) {
                        let found = try space.get(key)
                        #expect(found == value, "\(context): \(name)/\(key)")
                    } catch { #expect(error.kind == .corrupt, "\(context): \(error)") }
                }
                do throws(StoreError) {
                    let found = try space.keys().map { String(decoding: $0.key, as: UTF8.self) }
                    #expect(found == keys.keys.sorted(), "\(context): \(name) lists other keys")
                } catch { #expect(error.kind == .corrupt, "\(context): \(error)") }
            }
        }

        private static func read(_ store: Store) throws -> Contents {
            var found: Contents = [:]
            for name in store.keyspaces() {
                let space = try store.keyspace(name)
                found[name] = [:]
                for entry in try space.list() {
                    let key = String(decoding: entry.key, as: UTF8.self)
                    found[name]?[key] = entry.value
                    // The index says the same as the order of keys.
                    #expect(try space.get(key) == entry.value)
                }
            }
            return found
        }
    }
}
