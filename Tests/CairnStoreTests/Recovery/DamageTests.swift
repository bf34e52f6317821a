import CairnFiles
import CairnStore
import CairnTestSupport
import Testing

@Suite("Damage") struct DamageTests {
    private static let values: [String: [UInt8]] = [
        "ada": bytes("countess"), "bob": noise(300), "eve": [UInt8](repeating: 5, count: 400),
    ]

    /// A small store on a disk in memory, closed or as a kill leaves it.
    private static func files(closed: Bool) throws -> [String: [UInt8]] {
        let disk = CrashingFileSystem(directory: "/disk")
        let store = try open(disk)
        let space = try store.keyspace("people")
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { try space.put(key, value) }
        if closed { try store.close() }
        // The idle committer's promise: until it is there, damage to the last commit can pass for a
        // torn tail, as documented.
        while !closed && promiseIsMissing(disk) { yieldThread() }
        let files = disk.files().filter { !$0.key.hasSuffix("LOCK") }
        if !closed { try store.close() }
        return files
    }

    private static func promiseIsMissing(_ disk: CrashingFileSystem) -> Bool {
        let log = disk.files().first { $0.key.hasSuffix(".segment") }?.value ?? []
        let ends = stride(from: 4096, to: log.count, by: 16).filter { offset in
            // "CrnF", kind promise
            log[offset..<offset + 4] == [0x43, 0x72, 0x6E, 0x46] && log[offset + 8] == 2
        }
        return ends.isEmpty
    }

    private static func open(_ disk: any FileSystem) throws(StoreError) -> Store {
        var settings = StoreSettings()
        settings.segmentByteCount = 64 << 10
        settings.compression = .always
        settings.idlePromiseDelay = .milliseconds(1)
        return try Store.open(
            at: "/disk/store", settings: settings,
            components: StoreComponents(fileSystem: disk))
    }

    private static func disk(_ files: [String: [UInt8]]) -> CrashingFileSystem {
        let disk = CrashingFileSystem(directory: "/disk", files: files)
        try? disk.createDirectory("/disk/store")
        return disk
    }

    /// Opens what `files` hold and reads everything: only right answers and typed errors are legal.
    private static func expectTruth(_ files: [String: [UInt8]], _ context: String) -> Bool {
        let store: Store
        do throws(StoreError) { store = try open(disk(files)) } catch {
            #expect(!error.message.isEmpty, "\(context)")
            return false
        }
        for (key, value) in values {
            do throws(StoreError) {
                let found = try store.keyspace("people").get(key)
                #expect(found == value, "\(context): a wrong answer for \(key)")
            } catch {
                #expect(error.kind == .corrupt, "\(context): \(error)")
            }
        }
        return true
    }

    @Test(arguments: [true, false])
    func `a flip of any byte gives a right value or a typed error`(_ closed: Bool) throws {
        let files = try Self.files(closed: closed)
        var opened = 0
        var refused = 0
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            // Reserved space that nobody has written to reads as zero up to the segment's end.
            let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
            for offset in 0..<min(used + 64, bytes.count) {
                var damaged = files
                damaged[path]?[offset] ^= UInt8(1 << (offset % 8))
                if Self.expectTruth(damaged, "\(path) byte \(offset)") {
                    opened += 1
                } else {
                    refused += 1
                }
            }
        }
        #expect(refused > 4096)
        // A closed store has no tail to cut: every byte counts.
        if closed { #expect(opened == 0) }
    }

    @Test func `a segment cut at any length is refused`() throws {
        let files = try Self.files(closed: true)
        let path = try #require(files.keys.first { $0.hasSuffix(".segment") })
        let bytes = try #require(files[path])
        for length in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = files
            damaged[path] = Array(bytes[..<length])
            #expect(!Self.expectTruth(damaged, "cut at \(length)"))
        }
    }

    @Test func `a segment cut while the store was not closed is refused`() throws {
        let files = try Self.files(closed: false)
        let path = try #require(files.keys.first { $0.hasSuffix(".segment") })
        let bytes = try #require(files[path])
        let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        for length in stride(from: 4096, to: used, by: 7) {
            var damaged = files
            damaged[path] = Array(bytes[..<length])
            #expect(!Self.expectTruth(damaged, "cut at \(length)"))
        }
    }

    @Test func `a missing file is named`() throws {
        let files = try Self.files(closed: true)
        for path in files.keys {
            var damaged = files
            damaged[path] = nil
            let error = #expect(throws: StoreError.self) { try Self.open(Self.disk(damaged)) }
            #expect(error?.kind == .missing)
            #expect(error?.message.contains(path) == true)
        }
    }

    @Test func `a copy of a segment and a segment of another store are refused by name`() throws {
        let files = try Self.files(closed: true)
        let path = try #require(files.keys.first { $0.hasSuffix(".segment") })
        for number in [2, 3, 99] {
            var damaged = files
            let digits = String(number)
            let name = String(repeating: "0", count: 16 - digits.count) + digits + ".segment"
            damaged["/disk/store/" + name] = files[path]
            let error = #expect(throws: StoreError.self) { try Self.open(Self.disk(damaged)) }
            #expect(error?.kind == .foreign)
            #expect(error?.message.contains("copy of segment 1") == true)
        }
        var swapped = files
        swapped[path] = try Self.files(closed: true)[path]
        let error = #expect(throws: StoreError.self) { try Self.open(Self.disk(swapped)) }
        #expect(error?.kind == .foreign)
        #expect(error?.message.contains("belongs to store") == true)
    }

    @Test func `what an interrupted roll-over left is removed`() throws {
        var files = try Self.files(closed: true)
        files["/disk/store/0000000000000002.segment"] = []
        files["/disk/store/MANIFEST.new"] = [1, 2, 3]
        let disk = Self.disk(files)
        let store = try Self.open(disk)
        #expect(try store.keyspace("people").get("ada") == bytes("countess"))
        #expect(disk.files()["/disk/store/0000000000000002.segment"] == nil)
    }

    @Test func `a newer format version is refused with both versions`() throws {
        let files = try Self.files(closed: true)
        for path in files.keys {
            var newer = files
            newer[path]?[8] = 9
            let error = #expect(throws: StoreError.self) { try Self.open(Self.disk(newer)) }
            #expect(error?.kind == .unsupportedVersion)
            #expect(error?.message.contains("version 9") == true)
        }
    }

    @Test func `verify lists damage and finds none in a healthy store`() throws {
        let files = try Self.files(closed: true)
        #expect(try Self.verify(files).findings == [])
        let path = try #require(files.keys.first { $0.hasSuffix(".segment") })
        var damaged = files
        damaged[path]?[4096 + 80] ^= 1
        let report = try Self.verify(damaged)
        #expect(report.findings.map(\.offset) == [4096])
        #expect(report.findings.first?.file == path)
    }

    private static func verify(_ files: [String: [UInt8]]) throws -> StoreVerifier.Report {
        try StoreVerifier.verify(at: "/disk/store", fileSystem: disk(files))
    }
}
