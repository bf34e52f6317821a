import CairnStore

/// All sequences of up to three engine operations, by number.
enum ShortSequences {
    private typealias Operation = EngineOperation

    /// What the sequences are made of.
    static let alphabet: [EngineOperation] = [
        .commit([put(0, 1, 30)], .durable, waits: true),
        .commit([put(0, 1, 700)], .buffered, waits: true),
        .commit([put(0, 2, 30)], .memory, waits: false),
        .commit([.delete(space: 0, key: 1)], .durable, waits: true),
        .commit([put(0, 1, 20), put(1, 2, 600), .delete(space: 0, key: 2)], .durable, waits: true),
        .commit([.drop(space: 0), put(0, 2, 20)], .durable, waits: true),
        .commit([put(1, 1, 2500)], .durable, waits: true),
        .sync,
        .idle(milliseconds: 10),
        .reopen(settings: 0),
        .kill(settings: 0),
    ]

    /// How many sequences there are.
    static let count = alphabet.count * (1 + alphabet.count * (1 + alphabet.count))

    /// The sequence with this number: in an order that mixes long and short ones and the operations they
    /// begin with, so that a run that ends early has seen some of everything.
    static func sequence(_ number: Int) -> [EngineOperation] {
        // A prime that does not divide `count`: every sequence comes once.
        var rest = number &* 997 % count
        var length = 1
        var sequences = alphabet.count
        while rest >= sequences {
            rest -= sequences
            sequences *= alphabet.count
            length += 1
        }
        return (0..<length).reduce(into: []) { operations, _ in
            operations.append(alphabet[rest % alphabet.count])
            rest /= alphabet.count
        }
    }

    private static func put(_ space: Int, _ key: Int, _ byteCount: Int) -> EngineOperation.Change {
        .put(space: space, key: key, .init(byteCount: byteCount))
    }
}
