/// Keeps decoded blocks of key runs in the store's cache.
struct CachedBlocks: KeyBlockCache {
    let cache: StoreCache

    func block(
        run: UInt64, index: Int, make: () throws(KeyRunError) -> KeyBlock
    ) throws(KeyRunError) -> KeyBlock {
        let key = CacheKey(.block, id: run, place: UInt64(index))
        if let block = cache.find(key) as? KeyBlock { return block }
        let block = try make()
        cache.insert(key, block)
        return block
    }
}

extension KeyBlock: Cacheable {
    var byteCount: Int { cost }
}
