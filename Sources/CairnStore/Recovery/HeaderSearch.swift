import CairnPlatform

/// Looks for frame headers that were whole when they were written, however they got where they are.
///
/// A pure value, like `FrameParser`: it is called again with the bytes it asks for.
struct HeaderSearch {
    /// What a window says about the next header.
    enum Event {
        case header(FrameHeader, at: Int)
        /// A header that this version cannot read: its frame may have promised anything.
        case unreadable
        /// Bytes of the file that the window lacks.
        case needsBytes(Range<Int>)
        case end
    }

    private let segment: SegmentIdentity
    /// Where to look next.
    private var position: Int

    /// Looks at and after `offset`.
    init(_ segment: SegmentIdentity, from offset: Int) {
        self.segment = segment
        position = FrameHeader.padded(offset)
    }

    /// The next header.
    mutating func next(in window: FrameWindow) -> Event {
        let bytes = window.bytes
        while true {
            let range = position..<position + FrameHeader.byteCount
            guard let index = window.index(of: range) else { return .needsBytes(range) }
            guard bytes.count - index >= FrameHeader.byteCount else { return .end }
            let zeros =
                ByteOrder.zeroPrefix(of: bytes, from: index) & ~(FrameHeader.alignment - 1)
            guard zeros == 0 else {
                position += zeros
                continue
            }
            let offset = position
            position += FrameHeader.alignment
            guard FrameHeader.isWhole(bytes, from: index, in: segment, at: offset) else { continue }
            guard
                let (header, _) = FrameHeader.decode(bytes, from: index, in: segment, at: offset)
            else { return .unreadable }
            return .header(header, at: offset)
        }
    }
}
