/// What a disk holds in memory only, cut into the smallest pieces that reach the platter whole or not at
/// all; and the disk that is left when some of them have.
///
/// The model: within one file and one directory anything not synced may land in any order or not at all.
/// A write is its sectors and, where it makes the file longer, the new length; the two are independent,
/// so there may be length without data and data without length. A rename is one piece.
struct CrashAtoms {
    /// One piece.
    struct Atom {
        enum Kind {
            /// A part of a write that lies in one sector.
            case sector(change: Int, range: Range<Int>, offset: Int)
            /// A file's new length.
            case size(Int)
            /// A change of names: an index into `pendingNames`.
            case name(Int)
        }

        /// Index of the file; `nil` for names.
        let file: Int?
        let kind: Kind
        /// A sector that holds nothing durable: what is there if it does not land is anybody's guess.
        let isFresh: Bool

        /// The 4096-byte page the sector lies in; `nil` for anything else.
        var page: Int? {
            if case .sector(_, _, let offset) = kind { offset / 4096 } else { nil }
        }

        var isName: Bool { file == nil }

        var isSize: Bool { if case .size = kind { true } else { false } }
    }

    /// What became of a piece.
    enum Fate: UInt8, Hashable {
        case landed
        case lost
        /// Lost, and its place holds bytes that nobody wrote; only where `isFresh`.
        case junk
    }

    let disk: DiskState
    private(set) var atoms: [Atom] = []

    init(_ disk: DiskState) {
        self.disk = disk
        for (number, file) in disk.files.enumerated() { add(file, number) }
        for index in disk.pendingNames.indices {
            atoms.append(Atom(file: nil, kind: .name(index), isFresh: false))
        }
    }

    private mutating func add(_ file: DiskFile, _ number: Int) {
        var size = file.durable.count
        for (index, change) in file.pending.enumerated() {
            switch change {
            case .resize(let count):
                atoms.append(Atom(file: number, kind: .size(count), isFresh: false))
                size = count
            case .write(let offset, let new):
                for range in Self.sectors(of: offset..<offset + new.count) {
                    atoms.append(
                        Atom(
                            file: number,
                            kind: .sector(
                                change: index,
                                range: range.lowerBound - offset..<range.upperBound - offset,
                                offset: range.lowerBound),
                            isFresh: range.lowerBound >= file.durable.count))
                }
                if offset + new.count > size {
                    size = offset + new.count
                    atoms.append(Atom(file: number, kind: .size(size), isFresh: false))
                }
            }
        }
    }

    static func sectors(of range: Range<Int>) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(
                (start / DiskFile.sectorByteCount + 1) * DiskFile.sectorByteCount, range.upperBound)
            result.append(start..<end)
            start = end
        }
        return result
    }

    /// The disk that is left when the pieces had these fates.
    func disk(after fates: [Fate]) -> DiskState {
        var names = disk.durableNames
        var contents: [Int: [UInt8]] = [:]
        var sizes: [Int: Int] = [:]
        for (atom, fate) in zip(atoms, fates) {
            switch atom.kind {
            case .name(let index):
                if fate == .landed { disk.pendingNames[index].apply(to: &names) }
            case .size(let count):
                if let file = atom.file, fate == .landed { sizes[file] = count }
            case .sector(let change, let range, let offset):
                guard let file = atom.file, fate != .lost else { continue }
                put(fate, change, range, offset, of: file, into: &contents)
            }
        }
        return fresh(names, contents, sizes)
    }

    private func put(
        _ fate: Fate, _ change: Int, _ range: Range<Int>, _ offset: Int, of file: Int,
        into contents: inout [Int: [UInt8]]
    ) {
        guard case .write(_, let new) = disk.files[file].pending[change] else { return }
        var bytes = contents[file] ?? disk.files[file].durable
        contents[file] = nil
        if fate == .junk {
            let junk = range.map { UInt8(truncatingIfNeeded: ($0 &* 73) ^ offset) | 1 }
            DiskFile.write(junk, 0..<junk.count, at: offset, to: &bytes)
        } else {
            DiskFile.write(new, range, at: offset, to: &bytes)
        }
        contents[file] = bytes
    }

    private func fresh(
        _ names: [String: DiskState.Target], _ contents: [Int: [UInt8]], _ sizes: [Int: Int]
    ) -> DiskState {
        var state = DiskState()
        state.files = disk.files.enumerated().map { number, file in
            var bytes = contents[number] ?? file.durable
            let size = sizes[number] ?? file.durable.count
            if bytes.count != size { DiskFile.resize(&bytes, to: size) }
            return DiskFile(bytes)
        }
        // What lies in a directory that never got there is gone with it.
        state.names = names.filter { name, _ in
            var parent = DiskState.parent(of: name)
            while parent != "/" {
                if names[parent] == nil { return false }
                parent = DiskState.parent(of: parent)
            }
            return true
        }
        state.durableNames = state.names
        return state
    }
}
