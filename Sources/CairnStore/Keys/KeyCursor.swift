/// Where sorted keys come from.
enum KeySource: Sendable {
    case run(KeyRun)
    case block(KeyBlock)
}

/// A place in the sorted keys of one source, inside bounds.
///
/// Begins nowhere: seek first. Blocks are read when the cursor comes to them and only where the fences
/// do not say that all their keys are out of bounds.
///
/// Invariants
/// - `window` holds the indices of `block`'s entries that are in bounds.
/// - At an entry, `window` contains `index`; otherwise `window` is empty and only a seek helps.
struct KeyCursor: Sendable {
    private let source: KeySource
    private let cache: (any KeyBlockCache)?
    let bounds: KeyBounds
    private(set) var block = KeyCursor.nothing
    private(set) var index = 0
    private var window = 0..<0
    private var blockIndex = 0

    private static let nothing = KeyBlock(bytes: [], entries: [])

    init(
        _ source: KeySource, bounds: KeyBounds = .all, cache: (any KeyBlockCache)? = nil
    ) {
        self.source = source
        self.bounds = bounds
        self.cache = cache
    }

    var isAtEntry: Bool { !window.isEmpty }

    /// The entry the cursor is at, which must be one.
    var entry: IndexedKey { block.entries[index] }

    /// Goes to the first key in bounds.
    mutating func seekToFirst() throws(KeyRunError) {
        if let lower = bounds.lower { return try seek(atOrAfter: lower) }
        guard try load(0) else { return }
        index = window.lowerBound
        if window.isEmpty { try crossForward() }
    }

    /// Goes to the last key in bounds.
    mutating func seekToLast() throws(KeyRunError) {
        if let upper = bounds.upper { return try seek(before: upper) }
        guard try load(blockCount - 1) else { return }
        index = window.upperBound - 1
        if window.isEmpty { try crossBackward() }
    }

    /// Goes to the first key in bounds at or after `point`.
    mutating func seek(atOrAfter point: KeyPoint) throws(KeyRunError) {
        var point = point
        if let lower = bounds.lower, lower.compare(point) > 0 { point = lower }
        guard try load(blockIndex(for: point)) else { return }
        let found = block.firstIndex(atOrAfter: point.keyspace, key: point.key)
        index = max(found, window.lowerBound)
        if index >= window.upperBound { try crossForward() }
    }

    /// Goes to the last key in bounds before `point`.
    mutating func seek(before point: KeyPoint) throws(KeyRunError) {
        var point = point
        if let upper = bounds.upper, upper.compare(point) < 0 { point = upper }
        guard try load(blockIndex(for: point)) else { return }
        let found = block.firstIndex(atOrAfter: point.keyspace, key: point.key)
        index = min(found, window.upperBound) - 1
        if index < window.lowerBound { try crossBackward() }
    }

    mutating func next() throws(KeyRunError) {
        index += 1
        if index >= window.upperBound && isAtEntry { try crossForward() }
    }

    mutating func previous() throws(KeyRunError) {
        index -= 1
        if index < window.lowerBound && isAtEntry { try crossBackward() }
    }

    private var blockCount: Int {
        switch source {
        case .run(let run): run.blockCount
        case .block: 1
        }
    }

    private func blockIndex(for point: KeyPoint) -> Int {
        switch source {
        case .run(let run): run.blockIndex(for: point.keyspace, key: point.key)
        case .block: 0
        }
    }

    /// Makes a block the current one; false, and at no entry, when there is none of that index.
    private mutating func load(_ wanted: Int) throws(KeyRunError) -> Bool {
        block = Self.nothing
        window = 0..<0
        guard wanted >= 0, wanted < blockCount, !bounds.isEmpty else { return false }
        switch source {
        case .run(let run): block = try run.block(wanted, cache: cache)
        case .block(let only): block = only
        }
        blockIndex = wanted
        var (start, end) = (0, block.count)
        if let lower = bounds.lower, compareFence(wanted, lower) ?? -1 < 0 {
            start = block.firstIndex(atOrAfter: lower.keyspace, key: lower.key)
        }
        if let upper = bounds.upper, compareFence(wanted + 1, upper) ?? 1 > 0 {
            end = block.firstIndex(atOrAfter: upper.keyspace, key: upper.key)
        }
        window = start..<max(start, end)
        return true
    }

    /// Negative, zero or positive as a block's fence lies before, at or after `point`; `nil` when there is
    /// no such fence.
    private func compareFence(_ index: Int, _ point: KeyPoint) -> Int? {
        guard case .run(let run) = source, index < run.blockCount else { return nil }
        return run.fences.compare(index, point.keyspace, point.key)
    }

    /// Goes to the first entry of the blocks that follow.
    private mutating func crossForward() throws(KeyRunError) {
        repeat {
            if let upper = bounds.upper, compareFence(blockIndex + 1, upper) ?? 0 >= 0 {
                _ = try load(-1)
                return
            }
            guard try load(blockIndex + 1) else { return }
            index = window.lowerBound
        } while window.isEmpty
    }

    /// Goes to the last entry of the blocks before.
    private mutating func crossBackward() throws(KeyRunError) {
        repeat {
            // Nothing before a fence at or before the bound is in bounds.
            if let lower = bounds.lower, compareFence(blockIndex, lower) ?? 0 <= 0 {
                _ = try load(-1)
                return
            }
            guard try load(blockIndex - 1) else { return }
            index = window.upperBound - 1
        } while window.isEmpty
    }
}
