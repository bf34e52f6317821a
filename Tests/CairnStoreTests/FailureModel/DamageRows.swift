import CairnFiles
import CairnSimulation
import CairnTestSupport
import Testing

@testable import CairnStore

/// Files that are not as they were written: rows 15 to 17, 20 and 30 of Docs/FailureModel.md.
@Suite("Failure model: damage") struct DamageRows {
    /// Opens what `files` hold and reads everything: only right answers and typed errors are legal.
    private static func expectTruth(_ files: [String: [UInt8]], _ context: String) -> Bool {
        let store: Store
        do throws(StoreError) { store = try SimulatedStore(files: files).open() } catch {
            #expect(!error.message.isEmpty, "\(context)")
            return false
        }
        for (key, value) in SimulatedStore.people {
            do throws(StoreError) {
                let found = try store.keyspace("people").get(key)
                #expect(found == value, "\(context): a wrong answer for \(key)")
            } catch {
                #expect(error.kind == .corrupt, "\(context): \(error)")
            }
        }
        return true
    }

    /// Every 37th bit; the instrument `flips` turns all of them.
    @Test(arguments: [true, false])
    func `FM15 a flipped bit gives a right value or a typed error`(_ closed: Bool) throws {
        let files = try SimulatedStore.people(closed: closed)
        var opened = 0
        var refused = 0
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            // Reserved space that nobody has written to reads as zero up to the segment's end.
            let used = min((bytes.lastIndex { $0 != 0 } ?? 0) + 64, bytes.count)
            for bit in stride(from: 0, to: used * 8, by: 37) {
                var damaged = files
                damaged[path]?[bit / 8] ^= UInt8(1 << (bit % 8))
                if Self.expectTruth(damaged, "\(path) bit \(bit)") {
                    opened += 1
                } else {
                    refused += 1
                }
            }
        }
        #expect(refused > 800)
        // A closed store has no tail to cut: every bit counts.
        if closed { #expect(opened == 0) }
    }

    /// Goal: damage under an open store costs the record it lies in, and no other.
    @Test func `FM15 damage costs the record it lies in`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        try space.put("k", bytes("an older value"))
        try space.put("k", noise(300, seed: 7))
        try space.put("other", [2])
        let needle = Array(noise(300, seed: 7)[100..<108])
        world.disk.damage(SimulatedStore.log) { bytes in
            for offset in 0..<bytes.count - 8 where Array(bytes[offset..<offset + 8]) == needle {
                bytes[offset] ^= 4
            }
        }
        let error = #expect(throws: StoreError.self) { try space.get("k") }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains(SimulatedStore.log) == true)
        #expect(try space.get("other") == [2])
        try space.put("k", [3])
        #expect(try space.get("k") == [3])
    }

    @Test func `FM15 verify lists damage and finds none in a healthy store`() throws {
        let files = try SimulatedStore.people(closed: true)
        #expect(try Self.verify(files).findings == [])
        var damaged = files
        damaged[SimulatedStore.log]?[4096 + 80] ^= 1
        let report = try Self.verify(damaged)
        #expect(report.findings.map(\.offset) == [4096])
        #expect(report.findings.first?.file == SimulatedStore.log)
    }

    private static func verify(_ files: [String: [UInt8]]) throws -> StoreVerifier.Report {
        try StoreVerifier.verify(
            at: SimulatedStore.path, fileSystem: SimulatedStore(files: files).disk)
    }

    @Test(arguments: [true, false])
    func `FM16 a segment cut at any length is refused`(_ closed: Bool) throws {
        let files = try SimulatedStore.people(closed: closed)
        let bytes = try #require(files[SimulatedStore.log])
        let used = closed ? bytes.count : (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        for length in stride(from: 0, to: used, by: 61) {
            var damaged = files
            damaged[SimulatedStore.log] = Array(bytes[..<length])
            let error = #expect(throws: StoreError.self, "cut at \(length)") {
                try SimulatedStore(files: damaged).open()
            }
            #expect(error?.kind == .corrupt, "cut at \(length)")
        }
    }

    /// Goal: the same for a segment that is sealed, with others behind it.
    @Test func `FM16 a sealed segment cut at any length is refused`() throws {
        let files = try Self.twoSegments(closed: true)
        let bytes = try #require(files[SimulatedStore.log])
        for length in stride(from: 0, to: bytes.count, by: 97) {
            var damaged = files
            damaged[SimulatedStore.log] = Array(bytes[..<length])
            let error = #expect(throws: StoreError.self, "cut at \(length)") {
                try SimulatedStore(files: damaged).open()
            }
            #expect(error?.kind == .corrupt, "cut at \(length)")
        }
    }

    @Test func `FM17 a missing file is named`() throws {
        let files = try Self.twoSegments(closed: true)
        for path in files.keys {
            var damaged = files
            damaged[path] = nil
            let error = #expect(throws: StoreError.self) {
                try SimulatedStore(files: damaged).open()
            }
            #expect(error?.kind == .missing)
            #expect(error?.message.contains(path) == true)
        }
    }

    @Test func `FM20 a whole directory put back to an older state opens as that state`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        try store.keyspace("s").put("k", [1])
        try store.close()
        let older = world.files
        let again = try world.open()
        try again.keyspace("s").put("k", [2])
        try again.close()
        #expect(try SimulatedStore(files: older).open().keyspace("s").get("k") == [1])
    }

    /// Goal: one file put back alone is found: the log against the manifest, and the manifest against
    /// the log. An older manifest must not make an open take a newer segment for rubbish.
    @Test func `FM20 one file put back alone is refused, and nothing is changed`() throws {
        // Large enough that a segment holds commits before the one behind it is made.
        var world = SimulatedStore()
        world.settings.segmentByteCount = 16 << 10
        let store = try world.open()
        let space = try store.keyspace("s")
        try space.put("k", noise(900))
        world.settle()
        let older = world.files
        for seed in 0..<13 as Range<UInt64> { try space.put("k", noise(900, seed: seed)) }
        try store.close()
        let newer = world.files
        #expect(newer[SimulatedStore.secondLog]?.count ?? 0 > 4096)
        #expect(newer[SimulatedStore.thirdLog] == nil)
        for path in [SimulatedStore.log, SimulatedStore.manifest] {
            var mixed = newer
            mixed[path] = older[path]
            let world = SimulatedStore(files: mixed)
            let error = #expect(throws: StoreError.self, "\(path)") { try world.open() }
            #expect(error?.kind == .corrupt, "\(path): \(String(describing: error))")
            #expect(world.files == mixed, "\(path)")
            let report = try StoreVerifier.verify(
                at: SimulatedStore.path, fileSystem: world.disk)
            #expect(!report.findings.isEmpty, "\(path)")
        }
    }

    @Test func `FM30 a file that is cut under an open store is an error`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        try space.put("k", [1])
        world.disk.damage(SimulatedStore.log) { $0 = Array($0[..<4100]) }
        let error = #expect(throws: StoreError.self) { try space.get("k") }
        #expect(error?.kind == .corrupt)
    }

    /// Goal: whoever takes the files away while the store is open meets errors at the next open, not
    /// a smaller store.
    @Test func `FM30 files that are removed under an open store are missed`() throws {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        try space.put("k", [1])
        try world.disk.remove(SimulatedStore.log)
        #expect(try space.get("k") == [1])
        try space.put("k", [2])
        try store.close()
        let error = #expect(throws: StoreError.self) { try world.open() }
        #expect(error?.kind == .missing)
        #expect(error?.message.contains(SimulatedStore.log) == true)
    }

    @Test func `FM30 a directory that is removed under an open store is an error`() throws {
        let test = try TestStore()
        let store = try test.open()
        let space = try store.keyspace("s")
        try space.put("k", [1])
        for name in try test.directory.names() { try test.directory.remove(name) }
        #expect(test.directory.removeItself())
        #expect(try space.get("k") == [1])
        var failure: StoreError?
        for index in 0..<200 where failure == nil {
            do throws(StoreError) {
                try space.put("key \(index)", noise(1000), durability: .buffered)
            } catch { failure = error }
        }
        #expect(failure?.kind == .poisoned)
        #expect(throws: StoreError.self) { try store.close() }
    }

    /// The files of a store with a sealed segment and one behind it.
    private static func twoSegments(closed: Bool) throws -> [String: [UInt8]] {
        let world = SimulatedStore()
        let store = try world.open()
        let space = try store.keyspace("s")
        for seed in 0..<4 as Range<UInt64> { try space.put("k", noise(900, seed: seed)) }
        if closed { try store.close() }
        world.settle()
        #expect(world.files[SimulatedStore.secondLog] != nil)
        return world.files
    }
}
