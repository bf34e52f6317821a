import CairnSimulation
import CairnStore

/// One thing that is done to a store, or to the world it lives in.
///
/// Operations depend on nothing but themselves, so that any of them can be left out of a list when a
/// failure is being made smaller.
enum EngineOperation: Hashable, Sendable {
    /// One change of a batch.
    enum Change: Hashable, Sendable {
        case put(space: Int, key: Int, ValueShape)
        case delete(space: Int, key: Int)
        case drop(space: Int)
    }

    /// What to put.
    struct ValueShape: Hashable, Sendable {
        var byteCount: Int
        var isCompressible = false
        var metadataByteCount = 0
        /// Milliseconds from now; negative has passed already.
        var timeToLive: Int64?
    }

    /// Commits a batch, and waits for it or does not.
    case commit([Change], Durability, waits: Bool)
    /// Waits until everything is durable.
    case sync
    case get(space: Int, key: Int)
    case list(space: Int, KeyRange)
    case keys(space: Int, KeyRange)
    case visit(space: Int, KeyRange)
    /// Lists a range page by page.
    case page(space: Int, KeyRange)
    /// Compares everything there is.
    case dump
    /// Lets the store's loops run so many steps.
    case steps(Int)
    /// Lets time pass.
    case idle(milliseconds: Int)
    /// Sets the wall clock.
    case jump(milliseconds: Int64)
    /// Closes the store and opens it again.
    case reopen(settings: UInt64)
    /// Kills the process; another one opens what the kernel has.
    case kill(settings: UInt64)
    /// Cuts the power; another process opens what is left.
    case powerCut(PowerCut, settings: UInt64)
    /// Ends the store, changes the files that are derived from its log, and opens it again.
    case tamper(DerivedChange, killing: Bool, settings: UInt64)
    /// Copies the directory.
    case remember
    /// Kills the process and puts the copy back, or all but derived files that are newer.
    case restore(keepsNewer: Bool, settings: UInt64)
    /// Makes the call that comes so many calls later fail, or that one and all after it.
    case fault(DiskFault, afterCalls: Int, isLasting: Bool)
    /// Ends all faults.
    case heal
    /// Leaves so much room on the disk.
    case fill(byteCount: Int)
    /// Makes room again.
    case free
    /// Tries to open the store a second time.
    case openTwice
    /// Closes the store, verifies every byte, and opens it again.
    case verify(settings: UInt64)
}

extension EngineOperation {
    /// Keyspaces that operations number.
    static func space(_ number: Int) -> String { "space-\(number)" }

    /// Keys that operations number; some are prefixes of others, one is empty.
    static func key(_ number: Int) -> [UInt8] {
        if number == 0 { return [] }
        return Array("k\(String(number, radix: 4))".utf8)
    }

    /// Whether it only takes keys away.
    static func deletesOnly(_ changes: [Change]) -> Bool {
        !changes.contains { change in
            if case .put = change { true } else { false }
        }
    }
}

extension EngineOperation.ValueShape {
    /// The bytes of the value that the commit with this number puts under a key.
    func bytes(commit: Int, key: Int) -> [UInt8] {
        var random = SeededRandom(seed: UInt64(commit) &* 1_000_003 &+ UInt64(key))
        var result: [UInt8] = []
        result.reserveCapacity(byteCount + 8)
        if isCompressible {
            let byte = UInt8(truncatingIfNeeded: random.next())
            return [UInt8](repeating: byte, count: byteCount)
        }
        while result.count < byteCount {
            let word = random.next()
            for shift in 0..<8 { result.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
        }
        result.removeLast(result.count - byteCount)
        return result
    }
}

extension EngineOperation: CustomStringConvertible {
    var description: String {
        switch self {
        case .commit(let changes, let durability, let waits):
            "commit \(changes.map(\.description).joined(separator: ", ")) \(durability)"
                + (waits ? ", waits" : "")
        case .sync: "sync"
        case .get(let space, let key): "get \(space)/\(key)"
        case .list(let space, let range): "list \(space) \(range)"
        case .keys(let space, let range): "keys \(space) \(range)"
        case .visit(let space, let range): "visit \(space) \(range)"
        case .page(let space, let range): "page \(space) \(range)"
        case .dump: "dump"
        case .steps(let count): "steps \(count)"
        case .idle(let milliseconds): "idle \(milliseconds) ms"
        case .jump(let milliseconds): "jump \(milliseconds) ms"
        case .reopen(let settings): "reopen \(settings)"
        case .kill(let settings): "kill \(settings)"
        case .powerCut(let cut, let settings): "power cut \(cut) \(settings)"
        case .tamper(let change, let killing, let settings):
            "tamper \(change), \(killing ? "killed" : "closed") \(settings)"
        case .remember: "remember"
        case .restore(let keepsNewer, let settings):
            "restore\(keepsNewer ? " beside newer derived files" : "") \(settings)"
        case .fault(let fault, let calls, let isLasting):
            "fault \(fault) after \(calls) calls" + (isLasting ? ", lasting" : "")
        case .heal: "heal"
        case .fill(let byteCount): "fill the disk but for \(byteCount) bytes"
        case .free: "free the disk"
        case .openTwice: "open twice"
        case .verify(let settings): "verify \(settings)"
        }
    }
}

extension EngineOperation.Change: CustomStringConvertible {
    var description: String {
        switch self {
        case .put(let space, let key, let shape):
            "put \(space)/\(key) \(shape.byteCount) B"
                + (shape.isCompressible ? " of one byte" : "")
                + (shape.metadataByteCount > 0 ? " +\(shape.metadataByteCount) B" : "")
                + (shape.timeToLive.map { " for \($0) ms" } ?? "")
        case .delete(let space, let key): "delete \(space)/\(key)"
        case .drop(let space): "drop \(space)"
        }
    }
}
