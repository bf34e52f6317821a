import CairnPlatform

/// What the index knows a key by: 84 bits of a keyed hash of its keyspace's number and its bytes.
///
/// Wide enough that a write may hold equal fingerprints for the same key without reading the disk: among
/// a billion keys the odds that any two collide are 10^18 / 2^85, three in a hundred million; among ten
/// million 3 * 10^-12. The hash is keyed with a secret of the store, so nobody can craft a collision. A
/// read compares keyspace and key with the record all the same.
///
/// - `shard`: 12 bits, which the place of a slot implies.
/// - `home`: 64 bits; slots of a shard are ordered by them.
/// - `tag`: 8 bits.
struct Fingerprint: Hashable, Sendable {
    static let shardBitCount = 12

    let shard: Int
    let home: UInt64
    let tag: UInt8

    init(shard: Int, home: UInt64, tag: UInt8) {
        self.shard = shard
        self.home = home
        self.tag = tag
    }

    /// Cuts a hash of 128 bits.
    init(high: UInt64, low: UInt64) {
        shard = Int(high >> (64 - Self.shardBitCount))
        home = high << Self.shardBitCount | low >> (64 - Self.shardBitCount)
        tag = UInt8(truncatingIfNeeded: low >> (64 - Self.shardBitCount - 8))
    }
}

/// Makes a store's fingerprints.
struct FingerprintHash: Sendable {
    private let hash: KeyedHash

    init(_ hash: KeyedHash) { self.hash = hash }

    /// - Parameter manifest: holds the store's secret.
    init(_ manifest: Manifest) {
        hash = KeyedHash(key0: manifest.hashKeyHigh, key1: manifest.hashKeyLow)
    }

    /// The fingerprint of `key` in the keyspace with the number `keyspace`.
    func fingerprint(_ keyspace: UInt64, _ key: Span<UInt8>) -> Fingerprint {
        let (high, low) = unsafe hash.hash(keyspace, key.bytes)
        return Fingerprint(high: high, low: low)
    }

    func fingerprint(_ keyspace: UInt64, _ key: [UInt8]) -> Fingerprint {
        fingerprint(keyspace, key.span)
    }

    /// The fingerprint of the key that lies in `range` of `bytes`.
    func fingerprint(_ keyspace: UInt64, _ bytes: [UInt8], _ range: Range<Int>) -> Fingerprint {
        fingerprint(keyspace, bytes.span.extracting(range))
    }
}
