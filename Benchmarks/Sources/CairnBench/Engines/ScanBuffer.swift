import CPeers

/// Where scans put the keys and values they touch, so that all of them can be checked when the
/// clock has stopped. The layout is that of `peer_records`.
///
/// The memory belongs to the buffer alone, and no span outlives the call it is shown in.
@safe final class ScanBuffer {
    private let memory: UnsafeMutableRawBufferPointer
    private var records: peer_records

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 8)
        unsafe records = peer_records(
            bytes: memory.assumingMemoryBound(to: UInt8.self).baseAddress, capacity: capacity,
            byte_count: 0, count: 0)
    }

    deinit { unsafe memory.deallocate() }

    /// How many records there are.
    var count: Int { unsafe records.count }

    func removeAll() { unsafe (records.byte_count, records.count) = (0, 0) }

    /// Lets an engine fill the buffer.
    func withRecords<Result>(
        _ body: (UnsafeMutablePointer<peer_records>) -> Result
    ) -> Result {
        unsafe withUnsafeMutablePointer(to: &records) { unsafe body($0) }
    }

    func append(_ key: Span<UInt8>, _ value: Span<UInt8>) throws {
        let start = unsafe records.byte_count
        guard unsafe memory.count - start >= 8 + key.count + value.count else {
            throw EngineError("a scan found more than its buffer holds")
        }
        unsafe memory.storeBytes(of: UInt32(key.count), toByteOffset: start, as: UInt32.self)
        unsafe memory.storeBytes(of: UInt32(value.count), toByteOffset: start + 4, as: UInt32.self)
        copy(key, to: start + 8)
        copy(value, to: start + 8 + key.count)
        unsafe records.byte_count = start + 8 + key.count + value.count
        unsafe records.count += 1
    }

    private func copy(_ bytes: Span<UInt8>, to offset: Int) {
        unsafe bytes.withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[offset...])
                .copyMemory(from: source)
        }
    }

    /// Shows the records one after another.
    func forEach(
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void
    ) rethrows {
        var offset = 0
        for _ in 0..<count {
            let keyCount = unsafe Int(memory.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let valueCount = unsafe Int(
                memory.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
            let key = unsafe UnsafeRawBufferPointer(
                rebasing: memory[(offset + 8)...].prefix(keyCount))
            let value = unsafe UnsafeRawBufferPointer(
                rebasing: memory[(offset + 8 + keyCount)...].prefix(valueCount))
            try unsafe body(
                key.assumingMemoryBound(to: UInt8.self).span,
                value.assumingMemoryBound(to: UInt8.self).span)
            offset += 8 + keyCount + valueCount
        }
    }
}
