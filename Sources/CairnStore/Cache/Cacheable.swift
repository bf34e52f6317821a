/// Something decoded that `StoreCache` may keep: immutable, so that any number of threads may read it.
protocol Cacheable: AnyObject, Sendable {
    /// Bytes of memory that go with the object, itself included. Asked once, when it is let in.
    var byteCount: Int { get }
}
