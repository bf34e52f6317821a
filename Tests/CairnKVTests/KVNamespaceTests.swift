import CairnKV
import CairnStore
import CairnTestSupport
import Testing

/// Names carry the ids of the observable behaviours they check: Docs/Compatibility.md.
@Suite("KVNamespace") struct KVNamespaceTests {
    private let directory: TemporaryDirectory
    private let clock = ManualClock(now: 1_000_000)
    private let store: Store
    private let kv: KVNamespace

    init() throws {
        directory = try TemporaryDirectory("kv")
        store = try Store.open(
            at: directory.path, components: StoreComponents(clock: clock))
        kv = try KVNamespace(id: "test", store: store, clock: clock)
    }

    private func expect(
        _ message: String, _ body: () async throws -> Void,
        at location: SourceLocation = #_sourceLocation
    ) async {
        let error = await #expect(throws: KVError.self, sourceLocation: location) {
            try await body()
        }
        #expect(error?.message == message, sourceLocation: location)
    }

    @Test func `kv-key-validation-01, 03: the empty key`() async {
        await expect("Key name cannot be empty.") { _ = try await kv.get("") }
        await expect("Key name cannot be empty.") { try await kv.put("", "v") }
        await expect("Key name cannot be empty.") { try await kv.delete("") }
    }

    @Test func `kv-key-validation-04, 06: dots`() async {
        await expect("\".\" is not allowed as a key name.") { _ = try await kv.get(".") }
        await expect("\"..\" is not allowed as a key name.") { _ = try await kv.get("..") }
        await expect("\".\" is not allowed as a key name.") { try await kv.delete(".") }
        await expect("\"..\" is not allowed as a key name.") { try await kv.delete("..") }
    }

    @Test func `kv-key-validation-08, 09: 513 bytes`() async {
        let key = String(repeating: "k", count: 513)
        await expect(
            "KV PUT failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."
        ) { try await kv.put(key, "v") }
        await expect(
            "KV DELETE failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."
        ) { try await kv.delete(key) }
    }

    @Test func `kv-key-validation-11: the limit counts UTF-8 bytes`() async throws {
        try await kv.put(String(repeating: "😀", count: 128), "v")
        await expect(
            "KV PUT failed: 414 UTF-8 encoded length of 516 exceeds key length limit of 512."
        ) { try await kv.put(String(repeating: "😀", count: 129), "v") }
    }

    @Test func `kv-key-validation-13: a bulk get's empty key is the service's refusal`() async {
        let error = await #expect(throws: KVError.self) { _ = try await kv.get([""]) }
        #expect(error?.message.hasPrefix("KV GET_BULK failed: 400") == true)
    }

    @Test func `kv-key-validation-14: only the exact names are forbidden`() async throws {
        for key in ["...", "./a", " ", "a/../b"] {
            try await kv.put(key, key)
            #expect(try await kv.get(key) == key)
        }
    }

    @Test func `kv-key-validation-18: a prefix is only checked for its length`() async throws {
        await expect(
            "KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."
        ) { _ = try await kv.list(prefix: String(repeating: "p", count: 513)) }
        #expect(try await kv.list(prefix: ".").keys == [])
    }

    @Test func `kv-basic-02, 03, 07: put, get, empty values, missing deletes`() async throws {
        try await kv.put("k", "value")
        #expect(try await kv.get("k") == "value")
        try await kv.put("k", "")
        #expect(try await kv.get("k") == "")
        try await kv.delete("missing")
        try await kv.delete("k")
        #expect(try await kv.get("k") == nil)
    }

    @Test func `kv-basic-05: a put replaces value, expiration and metadata together`() async throws
    {
        try await kv.put("k", "1", expirationTTL: 60, metadata: ["a": 1])
        try await kv.put("k", "2")
        let value = try #require(try await kv.getWithMetadata("k"))
        #expect(value.text == "2")
        #expect(value.metadataJSON == nil)
        #expect(value.expiration == nil)
    }

    @Test func `kv-basic-08: values outlive the process's store`() async throws {
        try await kv.put("k", "v")
        try store.close()
        let again = try Store.open(at: directory.path)
        #expect(try await KVNamespace(id: "test", store: again).get("k") == "v")
    }

    @Test func `kv-types-01, 02: bytes come back as they were`() async throws {
        let bytes: [UInt8] = [0, 1, 2, 127, 128, 254, 255]
        try await kv.put("k", bytes)
        #expect(try await kv.getBytes("k") == bytes)
    }

    @Test func `kv-types-09: text that is not JSON cannot be decoded`() async throws {
        try await kv.put("k", "not json")
        await #expect(throws: DecodingError.self) { _ = try await kv.get("k", as: [Int].self) }
        try await kv.put("k", json: ["a": [1, 2]])
        #expect(try await kv.get("k", as: [String: [Int]].self) == ["a": [1, 2]])
    }

    @Test func `kv-expiration-01, 13: an entry is gone after its time`() async throws {
        for seconds in [60, 120, 180] {
            try await kv.put("k\(seconds)", "v", expirationTTL: seconds)
        }
        #expect(try await kv.get("k60") == "v")
        clock.advance(by: 60_000)
        #expect(try await kv.get("k60") == nil)
        clock.advance(by: 70_000)
        let list = try await kv.list()
        #expect(list.keys.map(\.name) == ["k180"])
        #expect(list.isComplete)
    }

    @Test func `kv-expiration-03, 05: times to live out of bounds`() async throws {
        for ttl in [0, -5] {
            await expect(
                "KV PUT failed: 400 Invalid expiration_ttl of \(ttl). Please specify integer "
                    + "greater than 0."
            ) { try await kv.put("k", "v", expirationTTL: ttl) }
        }
        await expect(
            "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60."
        ) { try await kv.put("k", "v", expirationTTL: 59) }
        try await kv.put("k", "v", expirationTTL: 60)
    }

    @Test func `kv-expiration-06, 08: expirations out of bounds`() async {
        for expiration in [1000, 0] {
            await expect(
                "KV PUT failed: 400 Invalid expiration of \(expiration). Please specify integer "
                    + "greater than the current number of seconds since the UNIX epoch."
            ) { try await kv.put("k", "v", expiration: expiration) }
        }
        await expect(
            "KV PUT failed: 400 Invalid expiration of 1059. Expiration times must be at least 60 "
                + "seconds in the future."
        ) { try await kv.put("k", "v", expiration: 1059) }
    }

    @Test func `kv-expiration-10, 11: the time to live wins, in seconds`() async throws {
        try await kv.put("k", "v", expiration: 1500, expirationTTL: 120)
        #expect(try await kv.list().keys.first?.expiration == 1120)
        try await kv.put("k", "v", expiration: 5, expirationTTL: 120)
        try await kv.put("k", "v", expiration: 1500)
        #expect(try await kv.list().keys.first?.expiration == 1500)
        try await kv.put("k", "v", expirationTTL: .max)
        #expect(try await kv.get("k") == "v")
    }

    @Test func `kv-metadata-02, 07, 09, 10: any JSON is metadata`() async throws {
        try await kv.put("emoji", "v", metadata: ["text": "😀"])
        #expect(
            try await kv.getWithMetadata("emoji")?.metadata(as: [String: String].self)
                == ["text": "😀"])
        try await kv.put("number", "v", metadata: 123)
        #expect(try await kv.getWithMetadata("number")?.metadata(as: Int.self) == 123)
        try await kv.put("zero", "v", metadata: 0)
        #expect(try await kv.getWithMetadata("zero")?.metadataJSON == "0")
        try await kv.put("false", "v", metadata: false)
        #expect(try await kv.getWithMetadata("false")?.metadataJSON == "false")
        try await kv.put("empty", "", metadata: ["testing": true])
        let bulk = try await kv.getWithMetadata(["empty"])
        #expect(bulk["empty"]??.text == "")
        #expect(bulk["empty"]??.metadataJSON == #"{"testing":true}"#)
    }

    @Test func `kv-metadata-05: 1025 bytes of metadata`() async throws {
        try await kv.put("k", "v", metadata: String(repeating: "m", count: 1022))
        await expect("KV PUT failed: 413 Metadata length of 1025 exceeds limit of 1024.") {
            try await kv.put("k", "v", metadata: String(repeating: "m", count: 1023))
        }
    }

    @Test func `kv-value-size-03: 25 MiB and one byte more`() async throws {
        let value = [UInt8](repeating: 7, count: 26_214_400)
        try await kv.put("k", value)
        #expect(try await kv.getBytes("k") == value)
        await expect(
            "KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400."
        ) { try await kv.put("k", value + [7]) }
        #expect(try await kv.getBytes("k") == value)
    }

    @Test func `kv-list-02, 03, 05: prefixes are exact`() async throws {
        let empty = try await kv.list()
        #expect(empty.keys == [] && empty.isComplete && empty.cursor == nil)
        for key in ["key1", "key2", "KEY1", "KEY2"] { try await kv.put(key, "v") }
        #expect(try await kv.list(prefix: "none").keys == [])
        #expect(try await kv.list(prefix: "KEY").keys.map(\.name) == ["KEY1", "KEY2"])
    }

    @Test func `kv-list-07, 08: entries carry expiration and metadata`() async throws {
        try await kv.put("a", "v", expirationTTL: 100, metadata: ["testing": 1])
        try await kv.put("b", "v")
        let keys = try await kv.list().keys
        #expect(keys[0].expiration == 1100)
        #expect(try keys[0].metadata(as: [String: Int].self) == ["testing": 1])
        #expect(keys[1].expiration == nil && keys[1].metadataJSON == nil)
    }

    @Test func `kv-list-10, 12, 13: lists go on page by page, whatever happens to the last key`()
        async throws
    {
        for index in 0..<25 { try await kv.put("key\(index + 10)", "v") }
        var names: [String] = []
        var cursor: String?
        repeat {
            let page = try await kv.list(prefix: "key", limit: 10, cursor: cursor)
            names += page.keys.map(\.name)
            cursor = page.cursor
            #expect(page.isComplete == (cursor == nil))
            if let last = page.keys.last { try await kv.delete(last.name) }
        } while cursor != nil
        #expect(names == (10..<35).map { "key\($0)" })
        await expect(
            "KV GET failed: 400 Invalid cursor. Please send the cursor of the page before."
        ) { _ = try await kv.list(cursor: "%%%") }
    }

    @Test func `kv-list-17: the order is that of UTF-8 bytes`() async throws {
        for key in ["😀", "\u{FFFD}", "é", "z"] { try await kv.put(key, "v") }
        #expect(try await kv.list().keys.map(\.name) == ["z", "é", "\u{FFFD}", "😀"])
    }

    @Test func `kv-list-18, 20: limits`() async throws {
        await expect(
            "KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less "
                + "than 1000."
        ) { _ = try await kv.list(limit: 1001) }
        try await kv.put("k", "v")
        for limit in [0, -1, 1000] { #expect(try await kv.list(limit: limit).keys.count == 1) }
    }

    @Test func `kv-bulk-get-01, 02: missing keys are there without a value`() async throws {
        try await kv.put("key1", "v")
        let values = try await kv.get(["key1", "key2"])
        #expect(values["key1"] == .some("v"))
        #expect(values["key2"] == .some(nil))
        let hundred = (0..<100).map { "k\($0)" }
        #expect(try await kv.get(hundred).count == 100)
        await expect("KV GET_BULK failed: 400 You can request a maximum of 100 keys") {
            _ = try await kv.get(hundred + ["one more"])
        }
        await expect("KV GET_BULK failed: 400 You must request a minimum of 1 key") {
            _ = try await kv.get([])
        }
    }

    @Test func `kv-bulk-get-06, 07: JSON for all or an error for all`() async throws {
        try await kv.put("key1", "[1]")
        try await kv.put("key2", "not json")
        #expect(try await kv.get(["key1"], as: [Int].self)["key1"] == .some([1]))
        await expect(
            "KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json "
                + "value"
        ) { _ = try await kv.get(["key1", "key2"], as: [Int].self) }
    }

    @Test func `kv-bulk-get-12: too much in all`() async throws {
        var limits = KVLimits()
        limits.bulkByteCountMax = 1024
        let small = try KVNamespace(id: "small", store: store, clock: clock, limits: limits)
        for key in ["a", "b"] { try await small.put(key, String(repeating: "v", count: 1024)) }
        await expect(
            "KV GET_BULK failed: 413 Total size of request exceeds the limit of 0.0009765625MB"
        ) { _ = try await small.getWithMetadata(["a", "b"]) }
    }

    @Test func `kv-bulk-get-09, 14, 16: names and bounds`() async throws {
        #expect(try await kv.getWithMetadata(["key"])["key"] == .some(nil))
        try await kv.put("key\"2", "v")
        #expect(try await kv.get(["key\"2"])["key\"2"] == .some("v"))
        await expect(
            "KV GET_BULK failed: 400 Invalid cache_ttl of 10. Cache TTL must be at least 30."
        ) { _ = try await kv.get(["k"], cacheTTL: 10) }
    }

    @Test func `kv-cache-ttl-01, 03: at least thirty seconds`() async throws {
        await expect(
            "KV GET failed: 400 Invalid cache_ttl of 10. Cache TTL must be at least 30."
        ) { _ = try await kv.get("k", cacheTTL: 10) }
        for ttl in [30, 60] { #expect(try await kv.get("k", cacheTTL: ttl) == nil) }
    }

    @Test func `kv-list-15, 22: an empty cursor, or none, starts at the beginning`() async throws {
        try await kv.put("a", "1")
        for cursor in ["", nil] {
            #expect(try await kv.list(prefix: nil, cursor: cursor).keys.map(\.name) == ["a"])
        }
    }

    @Test func `kv-basic-13: of two writes at once one wins, whole`() async throws {
        for round in 0..<50 {
            async let one: Void = kv.put("k", "one", metadata: 1)
            async let two: Void = kv.put("k", "two", metadata: 2)
            _ = try await (one, two)
            let value = try #require(try await kv.getWithMetadata("k"))
            #expect(["one1", "two2"].contains(value.text + (value.metadataJSON ?? "")), "\(round)")
        }
    }

    @Test func `kv-bulk-get-17: names that look like numbers are names`() async throws {
        try await kv.put("1", "one")
        #expect(try await kv.get(["1", "2"]) == ["1": "one", "2": nil])
    }

    @Test func `kv-expiration-16: expiry beats the cache's time`() async throws {
        try await kv.put("k", "v", expirationTTL: 60)
        clock.advance(by: 61_000)
        #expect(try await kv.get("k", cacheTTL: 3600) == nil)
    }
}
