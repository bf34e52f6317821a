import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

@Suite("Index shard") struct IndexShardTests {
    private struct Name: Hashable {
        var home: UInt64
        var tag: UInt8

        var fingerprint: Fingerprint { Fingerprint(shard: 0, home: home, tag: tag) }
    }

    /// Where homes come from.
    enum Homes: CaseIterable {
        case spread
        /// A few values, each with many tags.
        case equal
        /// Next to one another, far closer than the shard's slots.
        case adjacent
        /// At the end of the shard, as many as its margin holds.
        case last
    }

    private static func name(_ homes: Homes, _ random: inout SeededRandom) -> Name {
        let tag = UInt8(truncatingIfNeeded: random.next())
        return switch homes {
        case .spread: Name(home: random.next() << 32 | random.next() & 0xFFFF_FFFF, tag: tag)
        case .equal: Name(home: random.next() % 4 * (UInt64.max / 5), tag: tag)
        case .adjacent: Name(home: 1 << 63 + random.next() % 300, tag: tag % 4)
        case .last: Name(home: .max - random.next() % 2, tag: tag % 15)
        }
    }

    private static func slot(_ name: Name, _ number: Int) -> IndexSlot {
        IndexSlot(
            name.fingerprint,
            IndexPlace(
                segmentSlot: UInt16(truncatingIfNeeded: number), offset: UInt32(4096 + number),
                footprint: number % 3000 + 1, isChunked: number % 7 == 0))
    }

    private static func slots(_ shard: borrowing IndexShard) -> [IndexSlot] {
        var slots: [IndexSlot] = []
        shard.visit { slots.append($0) }
        return slots
    }

    /// Method: random puts and removes against a dictionary; now and then all slots are compared.
    @Test(arguments: Homes.allCases, [1, 2, 3] as [UInt64])
    func `a shard agrees with a dictionary`(_ homes: Homes, _ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var shard = IndexShard()
        var model: [Name: IndexSlot] = [:]
        for step in 0..<4000 {
            let name = Self.name(homes, &random)
            // First more come than go, then the other way round.
            if random.next() % 10 < (step < 2500 ? 7 : 3) {
                let slot = Self.slot(name, step)
                #expect(shard.put(slot) == model.updateValue(slot, forKey: name))
            } else {
                let wanted = random.next() % 2 == 0 ? model.keys.randomElement(&random) : nil
                let gone = wanted ?? name
                #expect(shard.remove(gone.fingerprint) == model.removeValue(forKey: gone))
            }
            #expect(shard.count == model.count)
            #expect(shard.find(name.fingerprint) == model[name])
            guard step % 250 == 0 else { continue }
            for (name, slot) in model { #expect(shard.find(name.fingerprint) == slot) }
            #expect(Self.slots(shard) == model.values.sorted { $0.precedes($1) })
        }
        let names = Array(model.keys)
        for name in names { #expect(shard.remove(name.fingerprint) == model[name]) }
        #expect(Self.slots(shard) == [] && shard.count == 0)
    }

    @Test(arguments: Homes.allCases) func `a shard is what its slots make`(_ homes: Homes) {
        var random = SeededRandom(seed: 9)
        var shard = IndexShard()
        var names: [Name] = []
        for number in 0..<500 {
            let name = Self.name(homes, &random)
            names.append(name)
            _ = shard.put(Self.slot(name, number))
        }
        let slots = Self.slots(shard)
        guard let loaded = IndexShard(slots) else {
            Issue.record("ascending slots are refused")
            return
        }
        #expect(Self.slots(loaded) == slots && loaded.count == slots.count)
        for name in names {
            #expect(loaded.find(name.fingerprint) == shard.find(name.fingerprint))
        }
        #expect(SlotBytes.decode(SlotBytes.encode(slots)) == slots)
    }

    @Test func `slots that do not ascend make no shard`() {
        let slots = [1, 2, 3].map { Self.slot(Name(home: $0 << 60, tag: 0), Int($0)) }
        func isRefused(_ slots: [IndexSlot]) -> Bool { IndexShard(slots) == nil }
        #expect(!isRefused(slots) && !isRefused([]))
        #expect(isRefused([slots[1], slots[0]]))
        #expect(isRefused([slots[0], slots[0]]))
        #expect(isRefused([.empty]))
        #expect(isRefused([slots[0], .empty, slots[1]]))
    }

    @Test func `a slot gives back what it was made of`() {
        for number in stride(from: 0, to: 70_000, by: 997) {
            let place = IndexPlace(
                segmentSlot: UInt16(truncatingIfNeeded: number),
                offset: 0x7FFF_FFFF - UInt32(number), footprint: number,
                isChunked: number % 2 == 0)
            let name = Name(home: .max - UInt64(number), tag: UInt8(truncatingIfNeeded: number))
            let slot = IndexSlot(name.fingerprint, place)
            #expect(slot.place == place && slot.matches(name.fingerprint) && !slot.isEmpty)
            #expect(slot.tag == name.tag && slot.home == name.home)
        }
    }
}

extension Collection {
    fileprivate func randomElement(_ random: inout SeededRandom) -> Element? {
        isEmpty ? nil : self[index(startIndex, offsetBy: Int(random.next() % UInt64(count)))]
    }
}
