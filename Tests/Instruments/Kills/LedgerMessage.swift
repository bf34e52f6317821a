#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the writer tells its parent, as it happens: seventeen bytes that a pipe takes whole or not
/// at all, so that a kill never leaves half a word.
enum LedgerMessage: Hashable, Sendable {
    /// About to open.
    case starting
    /// Open: what was found, as `StoreModel` sums it up.
    case opened(sequence: UInt64, digest: UInt64)
    /// About to hand the step with this number, from 1, to the store.
    case submitting(UInt64)
    /// All steps up to this one are as safe as they asked to be.
    case acknowledged(UInt64)
    /// About to close.
    case closing
    /// Closed.
    case closed
    /// About to kill itself in a call of the file system.
    case dying(call: UInt64, moment: UInt64)

    private static let byteCount = 17

    private var words: (tag: UInt8, UInt64, UInt64) {
        switch self {
        case .starting: (1, 0, 0)
        case .opened(let sequence, let digest): (2, sequence, digest)
        case .submitting(let step): (3, step, 0)
        case .acknowledged(let step): (4, step, 0)
        case .closing: (5, 0, 0)
        case .closed: (6, 0, 0)
        case .dying(let call, let moment): (7, call, moment)
        }
    }

    private init?(_ tag: UInt8, _ first: UInt64, _ second: UInt64) {
        switch tag {
        case 1: self = .starting
        case 2: self = .opened(sequence: first, digest: second)
        case 3: self = .submitting(first)
        case 4: self = .acknowledged(first)
        case 5: self = .closing
        case 6: self = .closed
        case 7: self = .dying(call: first, moment: second)
        default: return nil
        }
    }

    /// Takes the whole messages off the front of `bytes`.
    static func take(from bytes: inout [UInt8]) -> [LedgerMessage] {
        var messages: [LedgerMessage] = []
        var rest = bytes[...]
        while rest.count >= byteCount {
            let one = rest.prefix(byteCount)
            rest = rest.dropFirst(byteCount)
            let (first, second) = (one.dropFirst().prefix(8), one.suffix(8))
            let message = LedgerMessage(
                one.first ?? 0, first.reduce(0) { $0 << 8 | UInt64($1) },
                second.reduce(0) { $0 << 8 | UInt64($1) })
            if let message { messages.append(message) }
        }
        bytes = Array(rest)
        return messages
    }

    /// Says it on standard output; ends this process when nobody listens.
    func say() {
        let (tag, first, second) = words
        var bytes = [tag]
        for word in [first, second] {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (56 - 8 * shift))) }
        }
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe write(1, buffer.baseAddress, buffer.count)
        }
        if count != bytes.count { ParentWatch.die() }
    }
}
