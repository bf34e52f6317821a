import CairnSimulation
import CairnStore

/// One thread that reads while others write: gets, lists and visits in turn, and remembers the newest number
/// that it has seen of each writer.
struct StressReader {
    private let store: Store
    private var random: SeededRandom
    private var roundNumber = 0
    /// Of each writer, the newest number seen anywhere.
    private var seen = [Int](repeating: 0, count: ThreadStress.allWriters.count)

    init(_ store: Store, _ number: Int) {
        self.store = store
        random = SeededRandom(seed: UInt64(number))
    }

    /// Reads something.
    /// - Returns: false once the store has been closed.
    mutating func round() throws -> Bool {
        roundNumber += 1
        let writer = random.below(seen.count)
        do {
            switch random.below(6) {
            case 0: try get(writer)
            case 1: try list(reverse: random.oneIn(2))
            case 2: try visit()
            case 3: try listOther(writer)
            case 4: try getOther(writer)
            default: try keys(writer)
            }
            if roundNumber % 40 == 0 { _ = try store.metrics() }
            return true
        } catch let error as StoreError {
            guard error.kind == .closed else { throw error }
            return false
        }
    }

    /// A number of a writer, from wherever: never less than one seen before.
    private mutating func note(_ number: Int, of writer: Int, _ place: String) throws {
        try expect(
            number >= seen[writer],
            "\(place): writer \(writer) went back from \(seen[writer]) to \(number)")
        seen[writer] = number
    }

    private mutating func get(_ writer: Int) throws {
        let key = ThreadStress.key(writer, random.below(3))
        let found = try store.keyspace("numbers").get(key).map { ThreadStress.decode($0) } ?? -1
        try note(found, of: writer, "get \(key)")
    }

    private mutating func getOther(_ writer: Int) throws {
        let found = try store.keyspace("other-\(writer)").get("n").map { ThreadStress.decode($0) }
        try note(found ?? -1, of: writer, "get other-\(writer)/n")
    }

    /// The keyspace holds one key throughout, whichever keyspace it is.
    private mutating func listOther(_ writer: Int) throws {
        let found = try store.keyspace("other-\(writer)").list()
        try expect(found.count == 1, "list other-\(writer) has \(found.count) entries")
        try note(ThreadStress.decode(found[0].value), of: writer, "list other-\(writer)")
    }

    private mutating func list(reverse: Bool) throws {
        let found = try store.keyspace("numbers").list(KeyRange(reverse: reverse))
        try check(
            found.map { (String(decoding: $0.key, as: UTF8.self), ThreadStress.decode($0.value)) },
            "list")
    }

    private mutating func visit() throws {
        var found: [(String, Int)] = []
        try store.keyspace("numbers").visit { key, value in
            let name = String(decoding: key.indices.map { key[$0] }, as: UTF8.self)
            found.append((name, ThreadStress.decode(value)))
        }
        try check(found, "visit")
    }

    /// The keys of one writer: all have the sequence of one batch.
    private mutating func keys(_ writer: Int) throws {
        let range = KeyRange(prefix: Array("w\(writer)-".utf8))
        let found = try store.keyspace("numbers").keys(range)
        var sequences: Set<CommitSequence> = []
        for entry in found {
            let name = String(decoding: entry.key, as: UTF8.self)
            if !name.contains("c") { sequences.insert(entry.sequence) }
        }
        try expect(
            sequences.count == 1, "keys of writer \(writer) are of \(sequences.count) batches")
    }

    /// Everything that is there throughout, exactly once, and whole batches.
    private mutating func check(_ found: [(String, Int)], _ place: String) throws {
        var numbers: [String: Int] = [:]
        for (name, number) in found {
            let earlier = numbers.updateValue(number, forKey: name)
            try expect(earlier == nil, "\(place): \(name) is there twice")
        }
        for name in ThreadStress.constantKeys {
            try expect(numbers[name] == 0, "\(place): \(name) is missing")
        }
        for writer in ThreadStress.allWriters {
            let batch = (0..<3).map { numbers[ThreadStress.key(writer, $0)] ?? -1 }
            try expect(Set(batch).count == 1, "\(place): half a batch: \(batch)")
            // There in every other batch.
            let odd = numbers["w\(writer)-t"]
            try expect(
                odd == (batch[0] % 2 == 1 ? batch[0] : nil),
                "\(place): half a batch: \(odd ?? -1) in \(batch[0])")
            try note(batch[0], of: writer, place)
        }
    }
}
