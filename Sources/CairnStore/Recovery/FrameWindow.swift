/// A part of a segment's file as it was read.
struct FrameWindow {
    /// Nothing yet.
    static let none = FrameWindow(bytes: [], offset: 0, endsFile: false)

    let bytes: [UInt8]
    /// Where in the file they begin.
    let offset: Int
    /// Nothing of the file comes behind them.
    let endsFile: Bool

    /// Where in `bytes` the file's `range` begins when all of it is here, or all of it that the file has;
    /// `nil` when it has to be read.
    func index(of range: Range<Int>) -> Int? {
        guard range.lowerBound >= offset else { return nil }
        let isHeld = range.upperBound <= offset + bytes.count
        return isHeld || endsFile ? min(range.lowerBound - offset, bytes.count) : nil
    }
}
