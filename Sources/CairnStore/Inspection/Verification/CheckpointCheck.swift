import CairnFiles
import CairnPlatform

/// Compares the checkpoint with the index that the log gives.
///
/// A checkpoint is fuzzy: of the keys that were changed while it was written it may have any state of that
/// time. What was not changed since its position must be as the log has it, and what it has counted, as
/// it was at that moment: Docs/Formats/Checkpoint.md.
final class CheckpointCheck {
    private static let again =
        "derived data: will be made anew from the key runs when it is first touched"

    private let path: String
    private let file: CheckpointFile
    private let ledger: VerifyLedger
    private let hash: FingerprintHash
    private let segments: [UInt64: Segment]
    private let numbers: [UInt64]
    /// The index at the log's end, with the slots of dropped keyspaces.
    private let table = IndexTable()
    /// What was changed at or behind the checkpoint's position.
    private let changed = IndexTable()
    private var accounts = StoreAccounts(nextKeyspace: 1)
    /// The accounts when the checkpoint took its own.
    private var counted: StoreAccounts?
    private let isComparable: Bool

    /// Opens the checkpoint; `nil` when there is none that can be compared.
    init?(_ files: VerifiedFiles, _ ledger: VerifyLedger) throws(StoreError) {
        let directory = files.directory
        let path = directory.path + "/" + CheckpointFile.fileName
        guard let store = files.store else { return nil }
        var opened: CheckpointFile?
        try naming("cannot read \(path)") { () throws(FileError) in
            switch try directory.fileSystem.kind(path) {
            case nil: return
            case .regular: break
            case .directory, .other:
                return ledger.derived(
                    path, 0, "expected a regular file, found something else",
                    consequence: "derived data: left aside by the next open; move the file away")
            }
            do throws(CheckpointFile.Failure) {
                opened = try CheckpointFile(path, store: store, directory.fileSystem)
            } catch {
                switch error {
                case .file(let cause): throw cause
                case .defect(let defect):
                    ledger.derived(
                        path, defect.offset, "the checkpoint is damaged: \(defect.description)")
                }
            }
        }
        guard let file = opened else { return nil }
        self.path = path
        self.file = file
        self.ledger = ledger
        hash =
            files.manifest.map { FingerprintHash($0) }
            ?? FingerprintHash(KeyedHash(key0: 0, key1: 0))
        var segments: [UInt64: Segment] = [:]
        for segment in files.segments { segments[segment.identity.number] = segment }
        self.segments = segments
        numbers = file.tables.segments.map(\.number)
        let fits = try naming("cannot read the log") { () throws(FileError) in
            try Self.fits(file, path, LogMap(files.segments), ledger)
        }
        isComparable = fits && files.manifest != nil
        for segment in files.segments { _ = accounts.add(segment) }
    }

    private static func fits(
        _ file: CheckpointFile, _ path: String, _ log: LogMap, _ ledger: VerifyLedger
    ) throws(FileError) -> Bool {
        for segment in file.tables.segments where log.salt(of: segment.number) != segment.salt {
            ledger.derived(
                path, file.trailer.tablesOffset,
                "expected this store's segments, found segment \(segment.number), which the "
                    + "manifest does not name with this salt")
            return false
        }
        let ends = [("position", file.trailer.position), ("proof", file.trailer.proof)]
        for (name, position) in ends where try !log.leads(to: position) {
            ledger.derived(
                path, file.byteCount - CheckpointTrailer.byteCount,
                "expected the log to lead to the checkpoint's \(name), offset \(position.offset) of "
                    + "segment \(position.segment), found another frame there or none")
            return false
        }
        return true
    }

    /// Takes the next change of the log.
    func take(_ change: LogChange, in segment: Segment) {
        guard isComparable else { return }
        let entry = change.entry
        if counted == nil && entry.sequence > file.trailer.countedSequence { counted = accounts }
        let slot = accounts.slots[entry.segment] ?? 0
        accounts.countRecord(Int(entry.byteCount), slot: slot, sequence: entry.sequence)
        switch change.kind {
        case .chunk: break
        case .createKeyspace:
            accounts.create(
                String(decoding: change.key, as: UTF8.self), number: change.keyspace,
                sequence: entry.sequence)
        case .dropKeyspace: accounts.drop(number: change.keyspace, sequence: entry.sequence)
        case .put, .delete:
            let fingerprint = hash.fingerprint(change.keyspace, change.key)
            let place = IndexPlace(
                segmentSlot: UInt16(slot), offset: entry.offset, footprint: Int(entry.footprint),
                isChunked: change.isChunked)
            var old: IndexPlace?
            table.change(IndexTable.stripes(of: fingerprint)) { changes in
                old =
                    change.kind == .put
                    ? changes.put(fingerprint, place) : changes.remove(fingerprint)
            }
            accounts.move(
                in: change.keyspace, from: old, to: change.kind == .put ? place : nil,
                sequence: entry.sequence)
            guard entry.sequence >= file.trailer.position.nextSequence else { return }
            changed.change(IndexTable.stripes(of: fingerprint)) { changes in
                _ = changes.put(fingerprint, place)
            }
        }
    }

    /// The log has been read: goes through the shards and the tables.
    func finish() throws(StoreError) {
        let counted = counted ?? accounts
        var swept: [Int: Int] = [:]
        var isWhole = true
        for shard in 0..<IndexTable.shardCount {
            do throws(CheckpointFile.Failure) {
                let slots = try file.shard(shard)
                ledger.count { $0.slotCount += slots.count }
                if isComparable && !ledger.isLogDamaged {
                    try compare(slots, shard, counted, &swept)
                }
                ledger.advance(slots.count * IndexSlot.byteCount)
            } catch {
                switch error {
                case .file(let cause): throw StoreError(cause, while: "cannot read \(path)")
                case .defect(let defect):
                    isWhole = false
                    ledger.derived(
                        path, defect.offset, "shard \(shard) is damaged: \(defect.description)",
                        consequence: Self.again)
                }
            }
        }
        ledger.advance(
            file.byteCount - file.trailer.tablesOffset + CheckpointHeader.byteCount)
        guard isComparable, !ledger.isLogDamaged else { return }
        compareKeyspaces(counted)
        if isWhole { compareSegments(counted, swept) }
    }

    // MARK: Slots

    private func compare(
        _ slots: [IndexSlot], _ shard: Int, _ counted: StoreAccounts, _ swept: inout [Int: Int]
    ) throws(CheckpointFile.Failure) {
        let start = file.offset(of: shard)
        let expected = table.copy(shard)
        let touched = Set(changed.copy(shard).map { $0.fingerprint(in: shard) })
        var next = 0
        for (index, slot) in slots.enumerated() {
            if slot.isEmpty || index > 0 && !slots[index - 1].precedes(slot) {
                return complain(start + index * 16, "expected ascending slots, found slot \(index)")
            }
            while next < expected.count, expected[next].precedes(slot) {
                try checkAbsent(expected[next], touched, shard, counted, &swept)
                next += 1
            }
            let isThere = next < expected.count && !slot.precedes(expected[next])
            if touched.contains(slot.fingerprint(in: shard)) {
                if try !isPut(slot, in: shard) {
                    complain(
                        start + index * 16,
                        "slot \(index) of shard \(shard): expected the place of a put of its key up to "
                            + "commit \(file.trailer.countedSequence), found none there")
                }
            } else if !isThere || !isSame(slot.place, expected[next].place) {
                complain(
                    start + index * 16,
                    "slot \(index) of shard \(shard): expected "
                        + (isThere ? describe(expected[next].place, own: true) : "no such key")
                        + ", found " + describe(slot.place, own: false))
            }
            if isThere { next += 1 }
        }
        for slot in expected[next...] { try checkAbsent(slot, touched, shard, counted, &swept) }
    }

    /// A key of the log that the checkpoint does not have.
    private func checkAbsent(
        _ slot: IndexSlot, _ touched: Set<Fingerprint>, _ shard: Int, _ counted: StoreAccounts,
        _ swept: inout [Int: Int]
    ) throws(CheckpointFile.Failure) {
        if touched.contains(slot.fingerprint(in: shard)) { return }
        let segment = counted.usage[Int(slot.place.segmentSlot)].segment
        guard let layout = try record(at: slot.place, in: segment) else { return }
        // The slots of a dropped keyspace are taken out some time.
        if counted.spaces[layout.keyspace] == nil {
            swept[Int(slot.place.segmentSlot), default: 0] += slot.place.footprint
            return
        }
        complain(
            file.offset(of: shard),
            "shard \(shard): expected a key of keyspace \(layout.keyspace), "
                + describe(slot.place, own: true) + ", found none")
    }

    /// Whether there is a put with the slot's fingerprint that the checkpoint may know of.
    private func isPut(_ slot: IndexSlot, in shard: Int) throws(CheckpointFile.Failure) -> Bool {
        guard let number = number(of: slot.place), let segment = segments[number],
            let (layout, bytes) = try layout(at: slot.place, in: segment)
        else { return false }
        let fingerprint = hash.fingerprint(layout.keyspace, bytes, layout.key)
        return layout.kind == .put && layout.sequence <= file.trailer.countedSequence
            && fingerprint.shard == shard && slot.matches(fingerprint)
    }

    private func record(
        at place: IndexPlace, in segment: Segment
    ) throws(CheckpointFile.Failure) -> RecordLayout? { try layout(at: place, in: segment)?.0 }

    private func layout(
        at place: IndexPlace, in segment: Segment
    ) throws(CheckpointFile.Failure) -> (RecordLayout, [UInt8])? {
        var byteCount = place.readByteCount
        while true {
            let bytes: [UInt8]
            do throws(FileError) {
                bytes = try segment.read(at: Int(place.offset), byteCount: byteCount)
            } catch { throw .file(error) }
            var reader = ByteReader(bytes)
            if let layout = RecordLayout.decode(
                &reader, in: segment.identity, at: Int(place.offset))
            {
                return (layout, bytes)
            }
            guard byteCount < StoreLimits.framePayloadByteCountMax else { return nil }
            byteCount = StoreLimits.framePayloadByteCountMax
        }
    }

    /// A place in the checkpoint against one of our own.
    private func isSame(_ place: IndexPlace, _ own: IndexPlace) -> Bool {
        number(of: place) == accounts.usage[Int(own.segmentSlot)].segment.identity.number
            && place.offset == own.offset && place.size == own.size
            && place.isChunked == own.isChunked
    }

    private func number(of place: IndexPlace) -> UInt64? {
        Int(place.segmentSlot) < numbers.count ? numbers[Int(place.segmentSlot)] : nil
    }

    private func describe(_ place: IndexPlace, own: Bool) -> String {
        let number =
            own
            ? accounts.usage[Int(place.segmentSlot)].segment.identity.number : number(of: place)
        return "offset \(place.offset) of segment \(number.map { "\($0)" } ?? "none"), class "
            + "\(place.size.rawValue)" + (place.isChunked ? ", chunked" : "")
    }

    // MARK: Tables

    private func compareKeyspaces(_ counted: StoreAccounts) {
        let tables = file.tables
        let numbers = Set(tables.spaces.keys).union(counted.spaces.keys).sorted()
        for number in numbers {
            let (expected, found) = (counted.spaces[number], tables.spaces[number])
            guard let expected, let found else {
                complainAboutTables(
                    "keyspace \(number): expected "
                        + (expected.map { "\($0.name)" } ?? "that it does not exist") + ", found "
                        + (found.map { "\($0.name)" } ?? "none"))
                continue
            }
            guard
                expected.name != found.name || expected.keyCount != found.keyCount
                    || expected.byteCount != found.byteCount
                    || expected.lastSequence < found.lastSequence
            else { continue }
            complainAboutTables(
                "keyspace \(number): expected \(describe(expected)), found \(describe(found))")
        }
        for number in tables.unswept where tables.spaces[number] != nil {
            complainAboutTables("keyspace \(number): expected that it was dropped, found it there")
        }
    }

    private func compareSegments(_ counted: StoreAccounts, _ swept: [Int: Int]) {
        for found in file.tables.segments {
            guard let slot = counted.slots[found.number] else { continue }
            let expected = counted.usage[slot]
            let live = expected.liveByteCount - (swept[slot] ?? 0)
            guard
                found.recordByteCount != expected.recordByteCount || found.liveByteCount != live
            else { continue }
            complainAboutTables(
                "segment \(found.number): expected \(expected.recordByteCount) bytes of records, "
                    + "\(live) alive, found \(found.recordByteCount), \(found.liveByteCount) alive")
        }
    }

    private func describe(_ space: StoreAccounts.Space) -> String {
        "\(space.name) with \(space.keyCount) keys, \(space.byteCount) bytes, last commit "
            + "\(space.lastSequence)"
    }

    private func complain(_ offset: Int, _ message: String) {
        ledger.derived(path, offset, message, consequence: Self.wrong)
    }

    private func complainAboutTables(_ message: String) {
        ledger.derived(path, file.trailer.tablesOffset, message, consequence: Self.wrong)
    }

    /// Checksummed, and still not what the log says: an open does not find it out.
    private static let wrong =
        "derived data, but whole: an open believes it; remove the file, and the next open makes it anew "
        + "from the log"
}

extension IndexSlot {
    fileprivate func fingerprint(in shard: Int) -> Fingerprint {
        Fingerprint(shard: shard, home: home, tag: tag)
    }
}
