import CairnStore

/// The entries that scenarios write: number N says what its key and value are, so that a number is
/// all that has to be remembered of an acknowledgement.
enum KernelEntries {
    static let keyspace = "entries"

    static func key(_ number: Int) -> String { "entry-\(number)" }

    static func value(_ number: Int, byteCount: Int = 600) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 17) }
    }

    /// Writes entries `range`, each durable, until the store refuses one.
    /// - Returns: the entries that were acknowledged, and the refusal.
    static func write(
        _ range: Range<Int>, to store: Store, byteCount: Int = 600
    ) throws(StoreError) -> (written: Range<Int>, refusal: StoreError?) {
        let keyspace = try store.keyspace(keyspace)
        for number in range {
            do throws(StoreError) {
                try keyspace.put(key(number), value(number, byteCount: byteCount))
            } catch { return (range.lowerBound..<number, error) }
        }
        return (range, nil)
    }

    /// Checks that entries `range` are there and right.
    static func check(
        _ range: Range<Int>, in store: Store, byteCount: Int = 600
    ) throws {
        for number in range {
            let found = try store.keyspace(keyspace).get(key(number))
            try expect(
                found == value(number, byteCount: byteCount),
                "\(key(number)) was acknowledged and "
                    + (found == nil ? "is gone" : "has another value"))
        }
    }

    /// Opens the store in `directory`, checks entries `range`, and closes it.
    static func reopen(
        _ directory: String, expecting range: Range<Int>, byteCount: Int = 600
    ) throws {
        let store = try Store.open(
            at: directory, settings: settings(segmentByteCount: 8 << 10))
        try check(range, in: store, byteCount: byteCount)
        try store.close()
    }

    /// Makes a store in `directory` with entries 0 up to `count`, closed, with a segment made ahead.
    static func makeStore(in directory: String, count: Int) throws {
        let settings = settings(segmentByteCount: 8 << 10)
        let store = try Store.open(at: directory, settings: settings)
        let refusal = try write(0..<count, to: store).refusal
        try expect(refusal == nil, "cannot write: \(String(describing: refusal))")
        try store.close()
    }

    static func settings(segmentByteCount: Int) -> StoreSettings {
        var settings = StoreSettings()
        settings.segmentByteCount = segmentByteCount
        settings.compression = .never
        return settings
    }
}
