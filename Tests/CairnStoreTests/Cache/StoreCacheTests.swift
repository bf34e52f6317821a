import CairnPlatform
import CairnSimulation
import Synchronization
import Testing

@testable import CairnStore

@Suite("Store cache") struct StoreCacheTests {
    /// Counts how many of it are alive.
    private final class Item: Cacheable {
        final class Census: Sendable { let alive = Atomic(0) }

        let byteCount: Int
        let number: Int
        private let census: Census?

        init(_ number: Int = 0, byteCount: Int = 100, census: Census? = nil) {
            self.number = number
            self.byteCount = byteCount
            self.census = census
            census?.alive.add(1, ordering: .relaxed)
        }

        deinit { census?.alive.subtract(1, ordering: .relaxed) }
    }

    private static func key(_ number: Int, _ kind: CacheKey.Kind = .value) -> CacheKey {
        CacheKey(kind, id: UInt64(number / 100), place: UInt64(number % 100 * 64))
    }

    private static func number(_ cache: StoreCache, _ key: CacheKey) -> Int? {
        (cache.find(key) as? Item)?.number
    }

    @Test func `what was put in is found under its whole key alone`() {
        let cache = StoreCache(capacity: 1 << 20)
        cache.insert(CacheKey(.value, id: 1, place: 2), Item(1))
        #expect(Self.number(cache, CacheKey(.value, id: 1, place: 2)) == 1)
        #expect(cache.find(CacheKey(.block, id: 1, place: 2)) == nil)
        #expect(cache.find(CacheKey(.value, id: 2, place: 2)) == nil)
        #expect(cache.find(CacheKey(.value, id: 1, place: 1)) == nil)
        cache.insert(CacheKey(.value, id: 1, place: 2), Item(2))
        #expect(Self.number(cache, CacheKey(.value, id: 1, place: 2)) == 2)
        let metrics = cache.metrics
        #expect((metrics.hits, metrics.misses, metrics.insertions) == (2, 3, 2))
        #expect(metrics.count == 1 && metrics.byteCount == 100 + CacheShard.entryByteCount)
    }

    /// Goal: never above the capacity, never somebody else's object, and nothing kept that is not
    /// counted.
    /// Method: seeded insertions, requests and removals against a dictionary.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `the bound is never exceeded and nothing is mixed up`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let capacity = [20_000, 100_000, 1 << 20][random.below(3)]
        let keyCount = [50, 500, 5000][random.below(3)]
        let census = Item.Census()
        let cache = StoreCache(capacity: capacity)
        var model: [CacheKey: Int] = [:]
        for step in 0..<5000 {
            let key = Self.key(random.below(keyCount))
            switch random.below(8) {
            case 0...2:
                let size = random.oneIn(20) ? random.below(capacity / 8) : random.below(400)
                cache.insert(key, Item(step, byteCount: size, census: census))
                model[key] = step
            case 3:
                cache.remove(key)
                model[key] = nil
            default:
                if let number = Self.number(cache, key) { #expect(number == model[key]) }
            }
            let metrics = cache.metrics
            #expect(metrics.byteCount <= capacity)
            #expect(metrics.count == census.alive.load(ordering: .relaxed))
        }
        for key in model.keys { cache.remove(key) }
        #expect(cache.metrics.byteCount == 0 && cache.metrics.count == 0)
        #expect(census.alive.load(ordering: .relaxed) == 0)
    }

    @Test func `a key is let in when it is asked for again, and not before`() {
        let cache = StoreCache(capacity: 1 << 20)
        var made = 0
        func ask() -> Bool {
            let item = cache.insertOnSecondRequest(Self.key(1)) {
                made += 1
                return Item(made)
            }
            return item != nil
        }
        #expect(!ask())
        #expect(made == 0 && cache.find(Self.key(1)) == nil)
        #expect(ask())
        #expect(made == 1 && Self.number(cache, Self.key(1)) == 1)
        // Once out again it must prove itself again.
        cache.remove(Self.key(1))
        #expect(!ask())
    }

    @Test func `an error of who makes the object goes through and nothing is kept`() {
        struct Damage: Error {}
        let cache = StoreCache(capacity: 1 << 20)
        cache.insertOnSecondRequest(Self.key(1)) { Item() }
        #expect(throws: Damage.self) {
            try cache.insertOnSecondRequest(Self.key(1)) { () throws(Damage) in throw Damage() }
        }
        #expect(cache.find(Self.key(1)) == nil)
    }

    /// Goal: a scan of cold data does not flush what is read again and again.
    @Test func `a hot set survives a scan`() {
        let cache = StoreCache(capacity: 1 << 20)
        let hot = 0..<2000
        func read(_ number: Int) -> Bool {
            if cache.find(Self.key(number)) != nil { return true }
            cache.insertOnSecondRequest(Self.key(number)) { Item(number) }
            return false
        }
        for _ in 0..<3 { for number in hot { _ = read(number) } }
        let before = hot.count { read($0) }
        #expect(before > hot.count * 9 / 10)
        for number in 100_000..<150_000 { _ = read(number) }
        #expect(hot.count { read($0) } > before * 99 / 100)
    }

    /// The same for those who insert without asking: the hand spares what is in use.
    @Test func `what is asked for now and then outlives what is not`() {
        let cache = StoreCache(capacity: 1 << 20)
        let hot = 0..<1000
        for number in hot { cache.insert(Self.key(number), Item(number)) }
        for cold in 100_000..<150_000 {
            cache.insert(Self.key(cold), Item(cold))
            _ = cache.find(Self.key(cold % hot.count))
        }
        #expect(hot.count { cache.find(Self.key($0)) != nil } > hot.count * 95 / 100)
        #expect(cache.metrics.evictions > 40_000)
    }

    @Test func `what was removed is gone and its room free`() {
        let cache = StoreCache(capacity: 1 << 20)
        for number in 0..<1000 { cache.insert(Self.key(number), Item(number)) }
        for number in stride(from: 0, to: 1000, by: 2) { cache.remove(Self.key(number)) }
        for number in 0..<1000 {
            #expect(Self.number(cache, Self.key(number)) == (number % 2 == 0 ? nil : number))
        }
        #expect(cache.metrics.byteCount == 500 * (100 + CacheShard.entryByteCount))
        cache.remove(Self.key(0))
        #expect(cache.metrics.count == 500)
    }

    @Test func `an object larger than a quarter of a shard is not let in`() {
        let cache = StoreCache(capacity: 16 << 20)
        let limit = (1 << 20) / 4 - CacheShard.entryByteCount
        cache.insert(Self.key(1), Item(1, byteCount: limit))
        cache.insert(Self.key(2), Item(2, byteCount: limit + 1))
        #expect(cache.find(Self.key(1)) != nil && cache.find(Self.key(2)) == nil)
        // What was there before goes all the same: it is not what was put in last.
        cache.insert(Self.key(1), Item(3, byteCount: limit + 1))
        #expect(cache.find(Self.key(1)) == nil)
    }

    @Test(arguments: [0, 1, 1000]) func `without room nothing is kept`(_ capacity: Int) {
        let cache = StoreCache(capacity: capacity)
        cache.insert(Self.key(1), Item())
        for _ in 0..<3 { cache.insertOnSecondRequest(Self.key(1)) { Item() } }
        #expect(cache.find(Self.key(1)) == nil)
        cache.remove(Self.key(1))
        #expect(cache.metrics.byteCount == 0 && cache.metrics.capacity == capacity)
    }

    /// Goal: no race, and every object that was let in is let go; run it under ThreadSanitizer.
    @Test func `threads share it`() {
        let census = Item.Census()
        let cache = StoreCache(capacity: 200_000)
        let threads = (1...4).map { seed in
            DedicatedThread(name: "hammer") {
                var random = SeededRandom(seed: UInt64(seed))
                for _ in 0..<20_000 {
                    let number = random.below(2000)
                    let key = Self.key(number)
                    switch random.below(6) {
                    case 0: cache.insert(key, Item(number, census: census))
                    case 1: cache.remove(key)
                    case 2: cache.insertOnSecondRequest(key) { Item(number, census: census) }
                    default:
                        if let found = Self.number(cache, key) { #expect(found == number) }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(cache.metrics.byteCount <= 200_000)
        #expect(cache.metrics.count == census.alive.load(ordering: .relaxed))
        for number in 0..<2000 { cache.remove(Self.key(number)) }
        #expect(cache.metrics.byteCount == 0 && census.alive.load(ordering: .relaxed) == 0)
    }
}
