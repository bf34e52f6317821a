import CairnPlatform

/// The states a disk may be in after a power cut: every kind of loss, each once.
///
/// For few unsynced pieces that is all there is; for many it is, for each file and for the names, with
/// everything else lost and with everything else kept: each prefix, each piece missing, each piece alone,
/// by sectors of 512 bytes and by pages of 4096 (of very long writes, some of them); lengths without data and data without lengths; junk in
/// space that was never written before; and seeded random subsets.
struct CrashStates {
    private typealias Fate = CrashAtoms.Fate

    /// Of a longer list of pieces only so many, evenly spread, have states of their own.
    private let groupCountMax: Int
    private let atoms: CrashAtoms
    private var random: SeededRandom
    private var seen: Set<UInt64> = []
    private(set) var disks: [DiskState] = []

    /// - Parameters:
    ///   - randomCount: how many random subsets to try beside the systematic ones.
    ///   - groupCountMax: of how many pieces of one file each is looked at by itself.
    init(of disk: DiskState, seed: UInt64, randomCount: Int, groupCountMax: Int) {
        self.groupCountMax = groupCountMax
        atoms = CrashAtoms(disk)
        random = SeededRandom(seed: seed)
        let count = atoms.atoms.count
        add { _ in .lost }
        add { _ in .landed }
        guard count > 0 else { return }
        if count <= 4 { addAllSubsets() } else { addFamilies() }
        addLengths()
        for _ in 0..<(count <= 4 ? 0 : randomCount) { addRandomSubset() }
    }

    private mutating func add(_ fate: (Int) -> Fate) {
        let disk = atoms.disk(after: atoms.atoms.indices.map(fate))
        if seen.insert(disk.contentHash).inserted { disks.append(disk) }
    }

    private mutating func addAllSubsets() {
        for mask in 0..<(1 << atoms.atoms.count) {
            add { mask >> $0 & 1 == 1 ? .landed : .lost }
        }
    }

    private mutating func addFamilies() {
        for file in Set(atoms.atoms.compactMap(\.file)).sorted() {
            let indices = atoms.atoms.indices.filter { atoms.atoms[$0].file == file }
            addFamily(indices.map { [$0] })
            let byPage = Dictionary(grouping: indices) { atoms.atoms[$0].page ?? -1 }
            addFamily(byPage.sorted { $0.key < $1.key }.map(\.value))
        }
        addFamily(atoms.atoms.indices.filter { atoms.atoms[$0].isName }.map { [$0] })
    }

    /// Each prefix of the groups, each group missing, each alone; the rest lost, then the rest kept.
    private mutating func addFamily(_ groups: [[Int]]) {
        let members = Set(groups.joined())
        let step = max(1, groups.count / groupCountMax)
        for rest in [Fate.lost, .landed] {
            for end in groups.indices where end % step == 0 || end == groups.count - 1 {
                let prefix = Set(groups[...end].joined())
                let one = Set(groups[end])
                add { members.contains($0) ? (prefix.contains($0) ? .landed : .lost) : rest }
                add { members.contains($0) ? (one.contains($0) ? .landed : .lost) : rest }
                add { members.contains($0) ? (one.contains($0) ? .lost : .landed) : rest }
            }
        }
    }

    /// Lengths without data, where the data may be zeros or junk, and data without lengths.
    private mutating func addLengths() {
        let all = atoms.atoms
        guard all.contains(where: \.isSize) else { return }
        add { all[$0].isSize || all[$0].isName ? .landed : .lost }
        add { all[$0].isSize || all[$0].isName ? .landed : all[$0].isFresh ? .junk : .lost }
        add { all[$0].isSize ? .lost : .landed }
    }

    private mutating func addRandomSubset() {
        let odds = 1 + random.below(3)
        let all = atoms.atoms
        var fates: [Fate] = []
        for atom in all {
            let isLost = random.below(4) >= odds
            let isJunk = isLost && atom.isFresh && random.oneIn(4)
            fates.append(isJunk ? .junk : isLost ? .lost : .landed)
        }
        add { fates[$0] }
    }
}

extension DiskState {
    /// A number that differs when names, lengths or bytes do.
    var contentHash: UInt64 {
        var (low, high) = (CRC32C(), CRC32C(0x5bd1_e995))
        for (name, target) in names.sorted(by: { $0.key < $1.key }) {
            let path = Array(name.utf8)
            low.add(path)
            high.add(path)
            guard case .file(let file) = target else { continue }
            let bytes = files[file].bytes
            low.add(UInt64(bytes.count))
            low.add(bytes)
            high.add(bytes)
            high.add(UInt64(bytes.count))
        }
        return UInt64(high.value) << 32 | UInt64(low.value)
    }
}
