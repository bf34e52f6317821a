/// Index slots as bytes of a checkpoint: two little-endian words each.
///
/// Memory safety: both loops stay inside buffers whose lengths they have just computed or checked.
enum SlotBytes {
    static func encode(_ slots: [IndexSlot]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: slots.count * IndexSlot.byteCount) {
            buffer, count in
            var offset = 0
            for slot in slots {
                unsafe buffer.storeWord(slot.home, at: offset)
                unsafe buffer.storeWord(slot.word, at: offset + 8)
                offset += IndexSlot.byteCount
            }
            count = offset
        }
    }

    /// The slots in `bytes`, whose length is a multiple of a slot's.
    static func decode(_ bytes: [UInt8]) -> [IndexSlot] {
        let count = bytes.count / IndexSlot.byteCount
        return unsafe bytes.withUnsafeBytes { buffer in
            unsafe [IndexSlot](unsafeUninitializedCapacity: count) { slots, initialized in
                for index in 0..<count {
                    let offset = index * IndexSlot.byteCount
                    let slot = unsafe IndexSlot(
                        home: UInt64(
                            littleEndian: buffer.loadUnaligned(
                                fromByteOffset: offset, as: UInt64.self)),
                        word: UInt64(
                            littleEndian: buffer.loadUnaligned(
                                fromByteOffset: offset + 8, as: UInt64.self)))
                    unsafe slots.initializeElement(at: index, to: slot)
                }
                initialized = count
            }
        }
    }
}

extension UnsafeMutableBufferPointer<UInt8> {
    fileprivate func storeWord(_ word: UInt64, at offset: Int) {
        unsafe UnsafeMutableRawBufferPointer(self).storeBytes(
            of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
}
