import CairnPlatform

/// A stretch of one keyspace as it was at some moment: its keys in order, with those values that somebody
/// has listed.
///
/// Immutable. Keys, metadata and values lie in one buffer, so that a listing in use walks through memory
/// once.
final class ListPage: Cacheable {
    /// One key.
    struct Item: Sendable {
        var keyStart: Int
        var keyByteCount: Int
        /// Metadata stands directly behind the key.
        var metadataByteCount: Int
        var valueStart: Int
        /// -1 while the value is not in the page.
        var valueByteCount: Int
        var expiry: Int64
        var sequence: UInt64
        var location: RecordLocation
        /// Bytes of the record and its chunks.
        var footprint: UInt32

        var keyRange: Range<Int> { keyStart..<keyStart + keyByteCount }

        var metadataRange: Range<Int> {
            keyStart + keyByteCount..<keyStart + keyByteCount + metadataByteCount
        }

        var valueRange: Range<Int>? {
            valueByteCount >= 0 ? valueStart..<valueStart + valueByteCount : nil
        }

        /// Whether the value belongs into the page and is not there. One in chunks never does, however short
        /// they are.
        var lacksValue: Bool {
            valueByteCount < 0 && footprint == location.byteCount
                && Int(footprint) <= Listing.recordByteCountMax
        }

        /// The expiry as users see it.
        var publicExpiry: Int64? { expiry == IndexedKey.never ? nil : expiry }

        func isLive(at now: Int64) -> Bool {
            expiry > now || expiry == IndexedKey.never || PlantedBug.serveExpired.isPlanted
        }
    }

    /// The least key the page speaks for.
    let lower: [UInt8]
    /// The least key behind it; `nil` when it reaches to the keyspace's end.
    let upper: [UInt8]?
    let bytes: [UInt8]
    let items: [Item]

    init(lower: [UInt8], upper: [UInt8]?, bytes: [UInt8], items: [Item]) {
        self.lower = lower
        self.upper = upper
        self.bytes = bytes
        self.items = items
    }

    var byteCount: Int {
        128 + bytes.capacity + items.capacity * MemoryLayout<Item>.stride + lower.count
            + (upper?.count ?? 0)
    }

    /// The index of the first key at or after `key`.
    func index(atOrAfter key: [UInt8]) -> Int {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if KeyMemory.compare(bytes, items[middle].keyRange, key, 0..<key.count) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    func key(_ item: Item) -> [UInt8] { Array(bytes[item.keyRange]) }

    func metadata(_ item: Item) -> [UInt8] {
        item.metadataByteCount == 0 ? [] : Array(bytes[item.metadataRange])
    }
}
