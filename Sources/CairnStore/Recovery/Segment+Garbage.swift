import CairnFiles
import CairnPlatform

extension Segment {
    /// How many bytes from `start` on there are up to the last megabyte that is not all zeros.
    func garbageByteCount(from start: Int) throws(FileError) -> Int {
        let end = try byteCount()
        var garbage = 0
        for position in stride(from: start, to: end, by: 1 << 20) {
            let bytes = try read(at: position, byteCount: min(1 << 20, end - position))
            if ByteOrder.zeroPrefix(of: bytes, from: 0) < bytes.count {
                garbage = position + bytes.count - start
            }
        }
        return garbage
    }
}
