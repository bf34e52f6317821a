/// What key runs need of raw memory, for their speed: comparing keys eight bytes at a time, and
/// decoding a block in one pass.
///
/// Why `unsafe` is right here: the comparing functions check that their ranges lie in their arrays and
/// read nothing outside. The decoder reads through a pointer that it compares with the block's end
/// before every access, and writes only below two capacities that it allocated itself; both are
/// bounded by `KeyBlockFormat` before they are believed. No pointer outlives its call.
enum KeyMemory {
    /// Negative, zero or positive as `a[aRange]` sorts before, with or after `b[bRange]`.
    @inline(__always)
    static func compare(
        _ a: [UInt8], _ aRange: Range<Int>, _ b: [UInt8], _ bRange: Range<Int>
    ) -> Int {
        let shared = commonPrefix(a, aRange, b, bRange)
        guard shared < aRange.count, shared < bRange.count else {
            return aRange.count - bRange.count
        }
        return Int(a[aRange.lowerBound + shared]) - Int(b[bRange.lowerBound + shared])
    }

    /// How many bytes `a[aRange]` and `b[bRange]` begin with in common.
    static func commonPrefix(
        _ a: [UInt8], _ aRange: Range<Int>, _ b: [UInt8], _ bRange: Range<Int>
    ) -> Int {
        precondition(aRange.lowerBound >= 0 && aRange.upperBound <= a.count)
        precondition(bRange.lowerBound >= 0 && bRange.upperBound <= b.count)
        let common = min(aRange.count, bRange.count)
        return unsafe a.withUnsafeBytes { left in
            unsafe b.withUnsafeBytes { right in
                var index = 0
                while index + 8 <= common {
                    let x = unsafe left.loadUnaligned(
                        fromByteOffset: aRange.lowerBound + index, as: UInt64.self)
                    let y = unsafe right.loadUnaligned(
                        fromByteOffset: bRange.lowerBound + index, as: UInt64.self)
                    if x != y {
                        return index + (x ^ y).littleEndian.trailingZeroBitCount / 8
                    }
                    index += 8
                }
                while index < common {
                    if unsafe left[aRange.lowerBound + index] != right[bRange.lowerBound + index] {
                        return index
                    }
                    index += 1
                }
                return common
            }
        }
    }

    /// The first eight bytes of `bytes[range]` as a number that sorts like them; zeros fill up.
    static func word(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        return unsafe bytes.withUnsafeBytes { raw in
            if range.count >= 8 {
                return unsafe UInt64(
                    bigEndian: raw.loadUnaligned(
                        fromByteOffset: range.lowerBound, as: UInt64.self))
            }
            var word: UInt64 = 0
            var shift: UInt64 = 56
            for index in range {
                word |= unsafe UInt64(raw[index]) << shift
                shift -= 8
            }
            return word
        }
    }

    /// Bytes that may be written behind what is asked for, so that a short copy is two moves.
    private static let slack = 16

    /// What the numbers in a block mean, which the run says and not the block.
    struct BlockContext {
        var firstSequence: UInt64
        var lastSequence: UInt64
        var segments: [UInt64]
    }

    /// Decodes the entries in `bytes[range]`, which ends before the checksum; `nil` unless they are
    /// whole, in ascending order, with every number in range.
    static func decodeBlock(
        _ bytes: [UInt8], _ range: Range<Int>, in context: BlockContext
    ) -> (bytes: [UInt8], entries: [IndexedKey])? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count,
            range.count >= KeyBlockFormat.headerByteCount
        else { return nil }
        var reader = ByteReader(bytes, in: range)
        guard let count = reader.word(UInt32.self), count <= KeyBlockFormat.entryCountMax,
            let decoded = reader.word(UInt32.self),
            decoded <= KeyBlockFormat.decodedByteCountMax
        else { return nil }
        let body = reader.offset..<range.upperBound
        let entryCount = Int(count)
        let decodedByteCount = Int(decoded)
        var isWhole = false
        var entries: [IndexedKey] = []
        let capacity = decodedByteCount + slack
        let data = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { data, filled in
            unsafe entries = [IndexedKey](unsafeUninitializedCapacity: entryCount) { out, made in
                unsafe bytes.withUnsafeBytes { raw in
                    unsafe isWhole = decode(
                        UnsafeRawBufferPointer(rebasing: raw[body]), context, data, &filled, out,
                        entryCount, &made)
                }
            }
        }
        return isWhole && data.count == decodedByteCount ? (data, entries) : nil
    }

    /// Fills `out` with `entryCount` entries and `data` with what they need, and says whether that used
    /// up all of `raw` and found nothing wrong. `filled` and `made` say how much is initialised.
    private static func decode(
        _ raw: UnsafeRawBufferPointer, _ context: BlockContext,
        _ data: UnsafeMutableBufferPointer<UInt8>, _ filled: inout Int,
        _ out: UnsafeMutableBufferPointer<IndexedKey>, _ entryCount: Int, _ made: inout Int
    ) -> Bool {
        guard entryCount > 0, let base = raw.baseAddress, let first = data.baseAddress,
            let out = out.baseAddress, data.count >= slack
        else { return false }
        var input = unsafe Input(next: base, end: base + raw.count)
        let target = UnsafeMutableRawPointer(first)
        let dataCapacity = data.count - slack
        let sequenceMax = context.lastSequence - context.firstSequence
        var entry = IndexedKey(
            keyspace: 0, sequence: 0, segment: 0, offset: 0, byteCount: 0, footprint: 0)
        var segmentIndex: UInt64 = 0
        var used = 0
        guard let firstSegment = context.segments.first else { return false }
        entry.segment = firstSegment
        while made < entryCount {
            guard unsafe input.remaining > 0 else { return false }
            let flags = unsafe KeyBlockFormat.Flags(rawValue: input.byte())
            guard flags.isSubset(of: .all) else { return false }
            let shared = unsafe input.varint()
            let added = unsafe input.varint()
            let sequence = unsafe input.varint()
            let offset = unsafe input.varint()
            let byteCount = unsafe input.varint()
            let expiry = unsafe flags.contains(.expires) ? input.varint() : UInt64(Int64.max)
            let metadata = unsafe flags.contains(.hasMetadata) ? input.varint() : 0
            let footprint = unsafe flags.contains(.hasChunks) ? input.varint() : byteCount
            let named = unsafe flags.contains(.hasTarget) ? input.varint() : 0
            let otherKeyspace = flags.contains(.otherKeyspace)
            let keyspace = unsafe otherKeyspace ? input.varint() : 0
            if flags.contains(.otherSegment) {
                segmentIndex = unsafe input.varint()
                guard segmentIndex < UInt64(context.segments.count) else { return false }
                entry.segment = context.segments[Int(segmentIndex)]
            }
            guard unsafe input.isWhole, shared <= UInt64(entry.keyByteCount),
                added <= UInt64(StoreLimits.keyByteCountMax) - shared,
                metadata <= UInt64(StoreLimits.metadataByteCountMax), sequence <= sequenceMax,
                offset <= StoreLimits.segmentOffsetMax, byteCount <= UInt64(UInt32.max),
                footprint <= UInt64(UInt32.max), named <= StoreLimits.numberMax,
                !otherKeyspace || keyspace > 0,
                keyspace <= StoreLimits.numberMax - entry.keyspace
            else { return false }
            let sharedCount = Int(shared)
            let addedCount = Int(added)
            let addedAll = addedCount + Int(metadata)
            guard unsafe addedAll <= input.remaining,
                sharedCount + addedAll <= dataCapacity - used
            else { return false }
            let key = unsafe target + used
            let previous = unsafe target + Int(entry.keyOffset)
            // What an entry adds must make it greater than the one before.
            if made > 0 && !otherKeyspace {
                guard addedCount > 0 else { return false }
                if sharedCount < Int(entry.keyByteCount) {
                    let was = unsafe previous.load(fromByteOffset: sharedCount, as: UInt8.self)
                    guard unsafe input.peek() > was else { return false }
                }
            }
            unsafe copy(sharedCount, from: previous, mayRead: slack, to: key)
            unsafe input.take(addedAll, to: key + sharedCount)
            entry.keyspace += keyspace
            entry.sequence = context.firstSequence + sequence
            entry.expiry = Int64(bitPattern: expiry)
            entry.target = named
            entry.offset = UInt32(truncatingIfNeeded: offset)
            entry.byteCount = UInt32(truncatingIfNeeded: byteCount)
            entry.footprint = UInt32(truncatingIfNeeded: footprint)
            entry.keyOffset = UInt32(truncatingIfNeeded: used)
            entry.keyByteCount = UInt32(truncatingIfNeeded: sharedCount + addedCount)
            entry.metadataByteCount = UInt32(truncatingIfNeeded: metadata)
            entry.kind = flags.contains(.tombstone) ? .delete : .put
            unsafe (out + made).initialize(to: entry)
            made += 1
            used += sharedCount + addedAll
            filled = used
        }
        return unsafe input.remaining == 0
    }

    /// Copies `count` bytes; both places may be touched up to `slack` bytes, if at least that many
    /// may be read.
    @inline(__always)
    private static func copy(
        _ count: Int, from source: UnsafeRawPointer, mayRead: Int,
        to target: UnsafeMutableRawPointer
    ) {
        if count <= slack && mayRead >= slack {
            let low = unsafe source.loadUnaligned(as: UInt64.self)
            let high = unsafe source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            unsafe target.storeBytes(of: low, as: UInt64.self)
            unsafe target.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
        } else {
            unsafe target.copyMemory(from: source, byteCount: count)
        }
    }

    /// The bytes of a block that have not been read; past the end it reads zeros and says so.
    @unsafe private struct Input {
        var next: UnsafeRawPointer
        let end: UnsafeRawPointer
        var isWhole = true

        init(next: UnsafeRawPointer, end: UnsafeRawPointer) {
            unsafe self.next = next
            unsafe self.end = end
        }

        var remaining: Int { unsafe end - next }

        func peek() -> UInt8 {
            unsafe remaining > 0 ? next.load(as: UInt8.self) : 0
        }

        mutating func byte() -> UInt8 {
            guard unsafe next < end else {
                unsafe isWhole = false
                return 0
            }
            defer { unsafe next += 1 }
            return unsafe next.load(as: UInt8.self)
        }

        @inline(__always)
        mutating func varint() -> UInt64 {
            if unsafe next < end {
                let first = unsafe next.load(as: UInt8.self)
                if first < 0x80 {
                    unsafe next += 1
                    return UInt64(first)
                }
            }
            return unsafe longVarint()
        }

        /// A varint of at most eight bytes with a few shifts, when eight bytes may be read.
        @inline(__always)
        private mutating func longVarint() -> UInt64 {
            guard unsafe remaining >= 8 else { return unsafe slowVarint() }
            let word = unsafe UInt64(littleEndian: next.loadUnaligned(as: UInt64.self))
            let stops = ~word & 0x8080_8080_8080_8080
            guard stops != 0 else { return unsafe slowVarint() }
            // Everything up to and with the first byte whose high bit is clear.
            var value = word & (stops ^ (stops &- 1)) & 0x7F7F_7F7F_7F7F_7F7F
            value = (value & 0x007F_007F_007F_007F) | (value & 0x7F00_7F00_7F00_7F00) >> 1
            value = (value & 0x0000_3FFF_0000_3FFF) | (value & 0x3FFF_0000_3FFF_0000) >> 2
            value = (value & 0x0000_0000_0FFF_FFFF) | (value & 0x0FFF_FFFF_0000_0000) >> 4
            let length = stops.trailingZeroBitCount / 8 + 1
            unsafe next += length
            // No form but the shortest is legal.
            if value >> UInt64(7 * (length - 1)) == 0 { unsafe isWhole = false }
            return value
        }

        @inline(never)
        private mutating func slowVarint() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while shift < 70 {
                let byte = unsafe self.byte()
                let part = UInt64(byte & 0x7F)
                if shift == 63 && part > 1 { break }
                value |= part << shift
                if byte & 0x80 == 0 {
                    if shift > 0 && byte == 0 { unsafe isWhole = false }
                    return value
                }
                shift += 7
            }
            unsafe isWhole = false
            return 0
        }

        /// Copies the next `count` bytes, of which there must be so many.
        mutating func take(_ count: Int, to target: UnsafeMutableRawPointer) {
            unsafe copy(count, from: next, mayRead: remaining, to: target)
            unsafe next += count
        }
    }
}
