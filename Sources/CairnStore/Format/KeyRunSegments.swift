/// A segment that the keys of a run lie in, and how much of it the run's stretch of the log holds.
struct KeyRunSegment: Hashable, Sendable {
    var number: UInt64
    var salt: UInt64
    /// The bytes of the segment's records inside the stretch, dead or alive.
    var recordByteCount: UInt64
}

/// The segments that the keys of a run lie in, in ascending order of their numbers.
struct KeyRunSegments: Hashable, Sendable {
    let all: [KeyRunSegment]
    /// What a block's indices stand for.
    let numbers: [UInt64]

    /// Takes segments in any order, each once.
    init(_ segments: [KeyRunSegment]) {
        all = segments.sorted { $0.number < $1.number }
        numbers = all.map(\.number)
    }

    /// The index of the segment with that number, which must be there; looks at `guess` first.
    func index(of number: UInt64, guess: Int) -> Int {
        if guess < numbers.count && numbers[guess] == number { return guess }
        var low = 0
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        precondition(
            low < numbers.count && numbers[low] == number,
            "a key in segment \(number), which the run does not name")
        return low
    }
}
