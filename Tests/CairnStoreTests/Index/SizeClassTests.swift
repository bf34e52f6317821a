import Testing

@testable import CairnStore

@Suite("Size class") struct SizeClassTests {
    /// Goal: a class never says too little, and at most 6.3 % too much; exact in units below 32.
    /// Method: every size up to 100,000, then steps, up to the largest a record or a value can have.
    @Test(arguments: [false, true]) func `a class holds its size and hardly more`(_ chunked: Bool) {
        let unit = chunked ? 4096 : 8
        let largest =
            chunked
            ? StoreLimits.valueByteCountMax + (StoreLimits.valueByteCountMax >> 10)
            : StoreLimits.framePayloadByteCountMax
        var before = SizeClass(0, chunked: chunked)
        var size = 0
        while size <= largest {
            let sizeClass = SizeClass(size, chunked: chunked)
            let held = sizeClass.byteCount(chunked: chunked)
            let units = (size + unit - 1) / unit * unit
            #expect(held >= size, "\(size)")
            #expect(Double(held) <= Double(units) * 1.0625, "\(size)")
            if units < 32 * unit { #expect(held == units, "\(size)") }
            #expect(sizeClass.rawValue >= before.rawValue, "\(size)")
            #expect(held >= before.byteCount(chunked: chunked), "\(size)")
            // What a class holds is of that class.
            #expect(SizeClass(held, chunked: chunked) == sizeClass, "\(size)")
            before = sizeClass
            size += size < 100_000 ? (chunked ? 97 : 1) : size / 1000
        }
    }

    @Test func `classes ascend without a gap`() {
        for chunked in [false, true] {
            for rawValue in 1...255 as ClosedRange<UInt8> {
                let before = SizeClass(rawValue: rawValue - 1).byteCount(chunked: chunked)
                let after = SizeClass(rawValue: rawValue).byteCount(chunked: chunked)
                #expect(before < after)
                #expect(SizeClass(before + 1, chunked: chunked).rawValue == rawValue)
            }
        }
    }
}
