import CairnStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes to a store until it is killed, and says on standard output what has been acknowledged.
///
/// Arguments: directory, seed, durability (`durable` or `buffered`), segment size in bytes.
/// Each line is `ack N`: all of generation N, three keys in two keyspaces in one batch, is as safe as
/// was asked. Generation N overwrites `a`, deletes or puts `b`, and adds a key of its own.
@main
struct CrashWriter {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let seed = UInt64(arguments[2]),
            let segmentByteCount = Int(arguments[4])
        else { exit(64) }
        let durability: Durability = arguments[3] == "durable" ? .durable : .buffered
        var settings = StoreSettings()
        settings.segmentByteCount = segmentByteCount
        settings.compression = seed % 2 == 0 ? .always : .never
        let store = try Store.open(at: arguments[1], settings: settings)
        let (left, right) = (try store.keyspace("left"), try store.keyspace("right"))
        var generation = try left.get("generation").map { decode($0) } ?? 0
        var random = seed
        while true {
            generation += 1
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let length = Int(random >> 33) % 3000
            var batch = WriteBatch()
            batch.put("generation", encode(generation), in: left)
            batch.put(key(generation), value(generation, length), in: left)
            batch.put("generation", encode(generation), in: right)
            if generation % 3 == 0 {
                batch.delete("odd", in: right)
            } else {
                batch.put("odd", encode(generation), in: right)
            }
            try store.commit(batch, durability: durability).waitUntilAcknowledged()
            say("ack \(generation) \(length)\n")
        }
    }

    private static func say(_ line: String) {
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { raw in
                unsafe write(1, raw.baseAddress, raw.count)
            }
            if count <= 0 { exit(0) }
            bytes = bytes.dropFirst(count)
        }
    }

    private static func key(_ generation: UInt64) -> String { "key-\(generation % 500)" }

    private static func value(_ generation: UInt64, _ length: Int) -> [UInt8] {
        encode(generation)
            + [UInt8](repeating: UInt8(truncatingIfNeeded: generation), count: length)
    }

    private static func encode(_ number: UInt64) -> [UInt8] { Array(String(number).utf8) + [0] }

    private static func decode(_ bytes: [UInt8]) -> UInt64 {
        UInt64(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)) ?? 0
    }
}
