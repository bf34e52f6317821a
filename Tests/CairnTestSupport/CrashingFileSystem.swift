package import CairnFiles
import CairnPlatform

/// A disk in memory whose power can be cut: what was not synced may be lost, torn or kept, in any
/// order, and so may the names of files.
///
/// Each file has its durable bytes and a list of writes since its last sync; each directory its
/// durable names and a list of changes since its last sync. `afterPowerCut` decides about each.
package final class CrashingFileSystem: FileSystem {
    /// A change of a file that no sync has made durable.
    private enum Change {
        case write(offset: Int, [UInt8])
        case resize(Int)
    }

    private struct Node {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
        var pending: [Change] = []
    }

    private struct State {
        var nodes: [Int: Node] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var directories: Set<String> = []
        var open: [Int32: (path: String, node: Int)] = [:]
        var nextNode = 1
        var nextFile: Int32 = 1
        var locks: Set<Int> = []
        var hasPower = true
        /// Calls that change something, left before the power goes; `nil` for ever.
        var budget: Int?
    }

    private let state: Locked<State>

    /// An empty disk with one empty directory.
    package convenience init(directory: String) {
        var state = State()
        state.directories.insert(directory)
        self.init(state)
    }

    /// A disk that holds `files`, all of them durable, in one directory.
    package convenience init(directory: String, files: [String: [UInt8]]) {
        var state = State()
        state.directories.insert(directory)
        for (path, bytes) in files {
            state.nodes[state.nextNode] = Node(bytes: bytes, durable: bytes)
            state.names[path] = state.nextNode
            state.nextNode += 1
        }
        state.durableNames = state.names
        self.init(state)
    }

    private init(_ state: consuming sending State) { self.state = Locked(state) }

    /// Lets `calls` more changes through, then fails everything: the power is out.
    package func cutPower(after calls: Int) { state.withLock { $0.budget = calls } }

    /// Whether the power is still on.
    package var hasPower: Bool { state.withLock { $0.hasPower } }

    /// What the disk could hold after the power went: one of many, chosen by `seed`. Seed 0 loses
    /// all that was not synced; seed 1 keeps it all.
    package func afterPowerCut(seed: UInt64) -> CrashingFileSystem {
        let image = state.withLock { state -> State in
            var random = SplitMix(seed)
            var image = State()
            image.directories = state.directories
            image.nextNode = state.nextNode
            for (number, node) in state.nodes.sorted(by: { $0.key < $1.key }) {
                let bytes = Self.survivor(of: node, seed, &random)
                image.nodes[number] = Node(bytes: bytes, durable: bytes)
            }
            var names = state.durableNames
            for name in Set(state.names.keys).union(state.durableNames.keys).sorted()
            where state.names[name] != state.durableNames[name] {
                if seed == 1 || (seed != 0 && random.next() % 2 == 0) {
                    names[name] = state.names[name]
                }
            }
            image.names = names
            image.durableNames = names
            return image
        }
        return CrashingFileSystem(image)
    }

    /// A copy of every file as a program would see it now.
    package func files() -> [String: [UInt8]] {
        state.withLock { state in state.names.compactMapValues { state.nodes[$0]?.bytes } }
    }

    private static func survivor(
        of node: Node, _ seed: UInt64, _ random: inout SplitMix
    ) -> [UInt8] {
        if seed == 0 { return node.durable }
        if seed == 1 { return node.bytes }
        var bytes = node.durable
        for change in node.pending {
            switch change {
            case .resize(let count):
                if random.next() % 2 == 0 { resize(&bytes, count) }
            case .write(let offset, let new):
                // Sectors of 512 bytes reach the platter one by one, in any order.
                var start = offset
                while start < offset + new.count {
                    let end = min((start / 512 + 1) * 512, offset + new.count)
                    if random.next() % 4 != 0 {
                        if bytes.count < end { resize(&bytes, end) }
                        bytes.replaceSubrange(
                            start..<end, with: new[(start - offset)..<(end - offset)])
                    }
                    start = end
                }
            }
        }
        return bytes
    }

    private static func resize(_ bytes: inout [UInt8], _ count: Int) {
        if count < bytes.count {
            bytes.removeLast(bytes.count - count)
        } else {
            bytes.append(contentsOf: repeatElement(0, count: count - bytes.count))
        }
    }

    // MARK: FileSystem

    package func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> FileID {
        try change(.open, path) { state in
            let exists = state.names[path] != nil
            if mode == .create && exists { return .failure(17) }
            if (mode == .read || mode == .readWrite) && !exists { return .failure(2) }
            if !exists {
                state.names[path] = state.nextNode
                state.nodes[state.nextNode] = Node()
                state.nextNode += 1
            }
            guard let node = state.names[path] else { return .failure(2) }
            let file = state.nextFile
            state.nextFile += 1
            state.open[file] = (path, node)
            return .success(FileID(rawValue: file))
        }
    }

    package func close(_ file: FileID) throws(FileError) {
        state.withLock { state in
            guard let opened = state.open.removeValue(forKey: file.rawValue) else { return }
            state.locks.remove(opened.node)
        }
    }

    package func read(
        _ file: FileID, at offset: Int64, into buffer: inout MutableRawSpan, from start: Int
    ) throws(FileError) -> Int {
        let room = buffer.byteCount - start
        let part = try node(.read, file) { node in
            let from = min(Int(offset), node.bytes.count)
            return Array(node.bytes[from..<min(from + room, node.bytes.count)])
        }
        unsafe buffer.withUnsafeMutableBytes { target in
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyBytes(from: part)
        }
        return part.count
    }

    package func write(
        _ file: FileID, at offset: Int64, _ bytes: RawSpan
    ) throws(FileError) -> Int {
        let new = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        try changeNode(.write, file) { node in
            let end = Int(offset) + new.count
            if node.bytes.count < end { Self.resize(&node.bytes, end) }
            node.bytes.replaceSubrange(Int(offset)..<end, with: new)
            node.pending.append(.write(offset: Int(offset), new))
        }
        return new.count
    }

    package func synchronize(_ file: FileID, _ scope: SynchronizeScope) throws(FileError) {
        try changeNode(.synchronize, file) { node in
            node.durable = node.bytes
            node.pending = []
        }
    }

    package func byteCount(_ file: FileID) throws(FileError) -> Int64 {
        try node(.status, file) { Int64($0.bytes.count) }
    }

    package func truncate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try changeNode(.truncate, file) { node in
            Self.resize(&node.bytes, Int(byteCount))
            node.pending.append(.resize(Int(byteCount)))
        }
    }

    package func preallocate(_ file: FileID, to byteCount: Int64) throws(FileError) {
        try changeNode(.preallocate, file) { node in
            guard node.bytes.count < Int(byteCount) else { return }
            Self.resize(&node.bytes, Int(byteCount))
            node.pending.append(.resize(Int(byteCount)))
        }
    }

    package func lock(_ file: FileID) throws(FileError) -> Bool {
        try change(.lock, "") { state in
            guard let node = state.open[file.rawValue]?.node else { return .failure(9) }
            return .success(state.locks.insert(node).inserted)
        }
    }

    package func identity(_ file: FileID) throws(FileError) -> FileIdentity {
        let node = state.withLock { $0.open[file.rawValue]?.node ?? 0 }
        // No two disks in memory are one device.
        return FileIdentity(
            device: UInt64(UInt(bitPattern: ObjectIdentifier(self))), inode: UInt64(node))
    }

    package func kind(_ path: String) throws(FileError) -> FileKind? {
        state.withLock { state in
            if state.directories.contains(path) { return .directory }
            return state.names[path] == nil ? nil : .regular
        }
    }

    package func list(_ directory: String) throws(FileError) -> [String] {
        state.withLock { state in
            state.names.keys.filter { $0.hasPrefix(directory + "/") }
                .map { String($0.dropFirst(directory.count + 1)) }
        }
    }

    package func createDirectory(_ path: String) throws(FileError) {
        try change(.createDirectory, path) { state in
            state.directories.insert(path)
            return .success(())
        }
    }

    package func rename(_ source: String, to target: String) throws(FileError) {
        try change(.rename, source) { state -> Outcome<Void> in
            guard let node = state.names.removeValue(forKey: source) else { return .failure(2) }
            state.names[target] = node
            return .success(())
        }
    }

    package func remove(_ path: String) throws(FileError) {
        try change(.remove, path) { state -> Outcome<Void> in
            state.names.removeValue(forKey: path) == nil ? .failure(2) : .success(())
        }
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        try change(.synchronizeDirectory, path) { state in
            state.durableNames = state.names
            return .success(())
        }
    }

    private enum Outcome<Value> {
        case success(Value)
        case failure(Int32)
    }

    private func change<Value>(
        _ operation: FileError.Operation, _ path: String,
        _ body: (inout State) -> Outcome<Value>
    ) throws(FileError) -> Value {
        let outcome = state.withLock { state -> sending Outcome<Value> in
            if let budget = state.budget {
                if budget == 0 { state.hasPower = false }
                state.budget = max(0, budget - 1)
            }
            return state.hasPower ? body(&state) : .failure(5)
        }
        switch outcome {
        case .success(let value): return value
        case .failure(let code):
            throw FileError(operation: operation, path: path, code: code)
        }
    }

    private func changeNode(
        _ operation: FileError.Operation, _ file: FileID, _ body: (inout Node) -> Void
    ) throws(FileError) {
        try change(operation, "file \(file.rawValue)") { state -> Outcome<Void> in
            guard let number = state.open[file.rawValue]?.node, var node = state.nodes[number]
            else { return .failure(9) }
            state.nodes[number] = nil
            body(&node)
            state.nodes[number] = node
            return .success(())
        }
    }

    private func node<Value: Sendable>(
        _ operation: FileError.Operation, _ file: FileID, _ body: (Node) -> Value
    ) throws(FileError) -> Value {
        let value = state.withLock { state -> Value? in
            guard state.hasPower, let number = state.open[file.rawValue]?.node else { return nil }
            return state.nodes[number].map(body)
        }
        guard let value else { throw FileError(operation: operation, path: "file", code: 5) }
        return value
    }
}

/// A small generator with a seed, so that a failing run can be replayed.
package struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
