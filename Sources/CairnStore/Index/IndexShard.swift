/// A part of the index: slots in the order of their hash, in one block of memory.
///
/// A slot's home is its hash scaled to the capacity, so a shard of any size is a sorted list with gaps: a
/// probe walks from the home until it meets a greater slot, growing is one sequential copy, and so is a
/// checkpoint. Growth is by a quarter, at nine tenths full: 16 / 0.9 to 20 / 0.9 bytes a key.
///
/// Invariants
/// - Slots in use ascend; none lies before its home; between a slot and its home none is empty.
/// - Behind the capacity there is a margin for slots that were pushed over the end; the last slot is
///   always empty, so that every walk ends.
///
/// Memory safety: `slots` has `capacity + margin` initialized elements, or is `nil` with both 0; every
/// index is a home below `capacity` or the successor of a slot in use, which is never the last.
///
/// Not thread-safe: `IndexTable` locks.
@safe
struct IndexShard: ~Copyable {
    private var slots: UnsafeMutablePointer<IndexSlot>?
    private var capacity = 0
    private var margin = 0
    private(set) var count = 0

    init() { unsafe slots = nil }

    /// A shard that holds `slots`; `nil` unless they ascend.
    init?(_ slots: [IndexSlot]) {
        self.init()
        guard !slots.isEmpty else { return }
        var wanted = max(8, (slots.count * 10 + 8) / 9)
        while true {
            allocate(wanted)
            switch fill(slots) {
            case .filled: return
            case .disordered: return nil
            case .crowded:
                self = IndexShard()
                wanted += wanted / 4 + 4
            }
        }
    }

    private enum Filling {
        case filled
        /// The slots do not ascend.
        case disordered
        /// Too many crowd behind the end.
        case crowded
    }

    /// Puts slots into a block that has none: one pass, because an open loads millions.
    private mutating func fill(_ slots: [IndexSlot]) -> Filling {
        guard let block = unsafe self.slots else { return .crowded }
        let limit = capacity + margin - 1
        return unsafe slots.withUnsafeBufferPointer { slots in
            var end = 0
            var last = IndexSlot.empty
            for index in 0..<slots.count {
                let slot = unsafe slots[index]
                guard !slot.isEmpty, index == 0 || last.precedes(slot) else { return .disordered }
                let place = max(home(slot.home), end)
                guard place < limit else { return .crowded }
                unsafe block[place] = slot
                end = place + 1
                last = slot
            }
            count = slots.count
            return .filled
        }
    }

    deinit { unsafe slots?.deallocate() }

    /// Bytes of memory the slots take.
    var byteCount: Int { (capacity + margin) * IndexSlot.byteCount }

    /// The slot of `fingerprint`, if there is one.
    func find(_ fingerprint: Fingerprint) -> IndexSlot? {
        guard let slots = unsafe slots else { return nil }
        var index = home(fingerprint.home)
        while true {
            let slot = unsafe slots[index]
            if slot.isEmpty || slot.home > fingerprint.home { return nil }
            if slot.matches(fingerprint) { return slot }
            index += 1
        }
    }

    /// Sets the slot of a fingerprint and returns the one it replaces.
    mutating func put(_ new: IndexSlot) -> IndexSlot? {
        while true {
            switch tryPut(new) {
            case .put: return nil
            case .replaced(let old): return old
            case .full: grow()
            }
        }
    }

    /// Takes a fingerprint out and returns what was there.
    mutating func remove(_ fingerprint: Fingerprint) -> IndexSlot? {
        guard let slots = unsafe slots else { return nil }
        var index = home(fingerprint.home)
        while true {
            let slot = unsafe slots[index]
            if slot.isEmpty { return nil }
            if slot.matches(fingerprint) {
                closeGap(at: index)
                count -= 1
                return slot
            }
            if slot.home > fingerprint.home { return nil }
            index += 1
        }
    }

    /// Shows every slot, in ascending order.
    func visit<Failure: Error>(_ body: (IndexSlot) throws(Failure) -> Void) throws(Failure) {
        guard let slots = unsafe slots else { return }
        for index in 0..<capacity + margin {
            let slot = unsafe slots[index]
            if !slot.isEmpty { try body(slot) }
        }
    }

    private enum PutResult {
        case put
        case replaced(IndexSlot)
        case full
    }

    private mutating func tryPut(_ new: IndexSlot) -> PutResult {
        guard let slots = unsafe slots else { return .full }
        var index = home(new.home)
        while true {
            let slot = unsafe slots[index]
            if slot.isEmpty || new.precedes(slot) { break }
            if slot.home == new.home && slot.tag == new.tag {
                unsafe slots[index] = new
                return .replaced(slot)
            }
            index += 1
        }
        guard (count + 1) * 10 <= capacity * 9 else { return .full }
        // Everything from here to the next gap moves up by one.
        var gap = index
        while unsafe !slots[gap].isEmpty { gap += 1 }
        guard gap < capacity + margin - 1 else { return .full }
        if gap > index {
            unsafe (slots + index + 1).update(from: slots + index, count: gap - index)
        }
        unsafe slots[index] = new
        count += 1
        return .put
    }

    /// Moves what follows `index` down until a slot is at home or a gap comes.
    private func closeGap(at index: Int) {
        guard let slots = unsafe slots else { return }
        var end = index + 1
        while unsafe !slots[end].isEmpty, unsafe home(slots[end].home) < end { end += 1 }
        if end > index + 1 {
            unsafe (slots + index).update(from: slots + index + 1, count: end - index - 1)
        }
        unsafe slots[end - 1] = .empty
    }

    private func home(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(capacity)).high)
    }

    private mutating func grow() {
        var wanted = capacity
        while true {
            wanted = wanted == 0 ? 8 : max(wanted + 4, wanted + wanted / 4)
            var larger = IndexShard()
            larger.allocate(wanted)
            var end = 0
            var fits = true
            visit { slot in fits = fits && larger.place(slot, from: &end) }
            guard fits else { continue }
            self = larger
            return
        }
    }

    /// Puts a slot that is greater than all there are at its home, or at `end` if that is taken; false
    /// when too many crowd behind the shard's end.
    private mutating func place(_ slot: IndexSlot, from end: inout Int) -> Bool {
        let index = max(home(slot.home), end)
        guard let slots = unsafe slots, index < capacity + margin - 1 else { return false }
        unsafe slots[index] = slot
        end = index + 1
        count += 1
        return true
    }

    private mutating func allocate(_ capacity: Int) {
        self.capacity = capacity
        margin = max(5, min(32, capacity / 8))
        let block = UnsafeMutablePointer<IndexSlot>.allocate(capacity: capacity + margin)
        unsafe block.initialize(repeating: .empty, count: capacity + margin)
        unsafe slots = block
    }
}
