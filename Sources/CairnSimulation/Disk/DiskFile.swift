/// One file of a simulated disk: what programs see, what is on the platter, and what lies between.
struct DiskFile: Sendable {
    /// Sectors reach the platter whole or not at all.
    static let sectorByteCount = 512

    /// A change that no sync has made durable.
    enum Change: Sendable {
        case write(offset: Int, [UInt8])
        case resize(Int)
    }

    /// What programs see.
    private(set) var bytes: [UInt8]
    /// What is on the platter for certain.
    private(set) var durable: [UInt8]
    /// What may be there too, any part of it.
    private(set) var pending: [Change] = []

    /// A file whose content is durable.
    init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
        durable = bytes
    }

    mutating func write(_ new: [UInt8], at offset: Int) {
        Self.write(new, 0..<new.count, at: offset, to: &bytes)
        pending.append(.write(offset: offset, new))
    }

    mutating func resize(to byteCount: Int) {
        Self.resize(&bytes, to: byteCount)
        pending.append(.resize(byteCount))
    }

    /// Everything written so far is on the platter.
    mutating func synchronize() {
        for change in pending {
            switch change {
            case .write(let offset, let new):
                Self.write(new, 0..<new.count, at: offset, to: &durable)
            case .resize(let count): Self.resize(&durable, to: count)
            }
        }
        pending = []
    }

    /// A sync failed: `durable` is what reached the platter, and the kernel holds the rest for clean, so
    /// that no later sync will write it.
    mutating func failToSynchronize(leaving durable: [UInt8]) {
        self.durable = durable
        pending = []
    }

    /// Writes `new[range]` at `offset`, which belongs to `range.lowerBound`.
    static func write(
        _ new: [UInt8], _ range: Range<Int>, at offset: Int, to bytes: inout [UInt8]
    ) {
        let end = offset + range.count
        if bytes.count < end { resize(&bytes, to: end) }
        bytes.replaceSubrange(offset..<end, with: new[range])
    }

    static func resize(_ bytes: inout [UInt8], to byteCount: Int) {
        if byteCount < bytes.count {
            bytes.removeLast(bytes.count - byteCount)
        } else {
            bytes += [UInt8](repeating: 0, count: byteCount - bytes.count)
        }
    }
}
