import BenchData

/// The keys and values of a run, and the orders in which they are used: the same for every engine.
struct DataSet: Sendable {
    let count: Int
    let keys: KeySource
    let values: ValueSource
    /// The order of `fillrandom`.
    let fillOrder: Permutation
    /// The order of `deleterandom`.
    let deleteOrder: Permutation
    /// Where the popular keys lie.
    let scatter: Permutation
    let zipf: ZipfDistribution?

    static let zipfTheta = 0.99

    init(_ shape: Assignment.Shape, withZipf: Bool) {
        count = shape.keyCount
        keys = KeySource(byteCount: shape.keyByteCount)
        values = ValueSource(byteCount: shape.valueByteCount)
        fillOrder = Permutation(count: count, seed: 1)
        deleteOrder = Permutation(count: count, seed: 2)
        scatter = Permutation(count: count, seed: 3)
        zipf = withZipf ? ZipfDistribution(count: count, theta: Self.zipfTheta) : nil
    }
}
