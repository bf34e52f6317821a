import CairnFiles
import CairnPlatform

/// Compares one key run with the stretch of the log that it covers.
///
/// Of every key the newest change in the stretch is held as a fingerprint of the key and one of all that an
/// entry says: sixteen bytes. An entry that was made of another record, or has another place, expiry or
/// metadata, has another one.
final class KeyRunCheck {
    private static let keys = FingerprintHash(KeyedHash(key0: 0x6361_6972, key1: 0x6B65_7973))
    private static let contents = KeyedHash(key0: 0x6361_6972, key1: 0x7465_7874)

    /// Checksummed, and still not what the log says: an open does not find it out.
    private static let wrong =
        "derived data, but whole: listings and opens believe it; remove the file, and the next open "
        + "makes it anew from the log"

    let run: KeyRun
    private let path: String
    private let ledger: VerifyLedger
    private let table = IndexTable()
    private var recordByteCounts: [UInt64: UInt64] = [:]
    /// Whether the log is the one that the run was made from.
    private var isComparable = true

    init(_ run: KeyRun, _ path: String, _ ledger: VerifyLedger) {
        self.run = run
        self.path = path
        self.ledger = ledger
    }

    /// Whether the log leads where the run says.
    func compareWithLog(_ log: LogMap) throws(FileError) {
        let summary = run.summary
        for segment in summary.segments.all where log.salt(of: segment.number) != segment.salt {
            isComparable = false
            ledger.derived(
                path, 0,
                "expected keys of this store's segments, found segment \(segment.number), which the "
                    + "manifest does not name with this salt")
            return
        }
        let ends = [("from", summary.from), ("to", summary.to), ("proof", summary.proof)]
        for (name, position) in ends where try !log.leads(to: position) {
            isComparable = false
            ledger.derived(
                path, 0,
                "expected the log to lead to the run's position `\(name)`, offset \(position.offset) of "
                    + "segment \(position.segment), found another frame there or none")
            return
        }
    }

    /// Takes a change inside the stretch.
    func take(_ change: LogChange) {
        let entry = change.entry
        recordByteCounts[entry.segment, default: 0] += UInt64(entry.byteCount)
        guard change.kind != .chunk else { return }
        let fingerprint = Self.keys.fingerprint(entry.keyspace, change.key)
        let content = Self.content(entry, change.metadata)
        table.change(IndexTable.stripes(of: fingerprint)) { changes in
            _ = changes.put(fingerprint, content)
        }
    }

    /// The stretch has been read: goes through the run.
    func finish() throws(StoreError) {
        ledger.advance(run.fences.all.first.map { Int($0.offset) } ?? KeyRunHeader.byteCount)
        var isWhole = true
        for index in 0..<run.blockCount {
            let range = run.fences[index].blockRange
            do throws(KeyRunError) {
                check(try run.block(index), at: range.lowerBound)
            } catch {
                if case .file(let cause) = error {
                    throw StoreError(cause, while: "cannot read \(path)")
                }
                isWhole = false
                ledger.derived(
                    path, range.lowerBound, "the block is damaged: \(error.text)",
                    consequence: "derived data: will be made anew from the log when it is first "
                        + "read")
            }
            ledger.advance(range.count)
        }
        ledger.advance(run.byteCount - run.fences.end)
        if isWhole && isComparable { checkWhole() }
    }

    private func check(_ block: KeyBlock, at offset: Int) {
        ledger.count { $0.entryCount += block.count }
        guard isComparable else { return }
        for index in 0..<block.count {
            let entry = block.entries[index]
            let fingerprint = Self.keys.fingerprint(
                entry.keyspace, block.bytes, entry.keyRange)
            let found = Self.content(entry, block.metadata(index))
            var expected: IndexPlace?
            table.change(IndexTable.stripes(of: fingerprint)) { changes in
                expected = changes.remove(fingerprint)
            }
            // What the log has lost may be what the entry is about.
            guard expected != found, !ledger.isLogDamaged else { continue }
            let key = "keyspace \(entry.keyspace) at commit \(entry.sequence)"
            ledger.derived(
                path, offset,
                expected == nil
                    ? "entry \(index) of the block: expected a key that the stretch changes, found one "
                        + "of \(key)"
                    : "entry \(index) of the block: expected the key's newest change in the stretch, "
                        + "found another place, sequence, kind, expiry or metadata, of \(key)",
                consequence: Self.wrong)
        }
    }

    /// Every key of the stretch must have been there, and the summary must say how much it is.
    private func checkWhole() {
        var missing = 0
        for shard in 0..<IndexTable.shardCount {
            for slot in table.copy(shard) {
                // A run from the log's beginning need not mention what is gone.
                if slot.place.isChunked && run.firstSequence == 1 { continue }
                missing += 1
            }
        }
        if missing > 0 {
            ledger.derived(
                path, 0, "expected every key of the stretch, found that \(missing) are missing",
                consequence: Self.wrong)
        }
        guard !ledger.isLogDamaged else { return }
        for segment in run.summary.segments.all {
            let expected = recordByteCounts[segment.number] ?? 0
            guard segment.recordByteCount != expected else { continue }
            ledger.derived(
                path, 0,
                "expected \(expected) bytes of records in segment \(segment.number), found "
                    + "\(segment.recordByteCount) in the summary", consequence: Self.wrong)
        }
    }

    /// All that an entry says, as the 55 bits of a slot's place; tombstones have the bit of chunked values.
    private static func content(_ entry: IndexedKey, _ metadata: [UInt8]) -> IndexPlace {
        var writer = ByteWriter(capacity: 64 + metadata.count)
        writer.append(entry.sequence)
        writer.append(entry.segment)
        writer.append(entry.expiry)
        writer.append(entry.target)
        writer.append(entry.offset)
        writer.append(entry.byteCount)
        writer.append(entry.footprint)
        writer.append(metadata)
        let (hash, _) = contents.hash(writer.bytes)
        return IndexPlace(
            segmentSlot: UInt16(truncatingIfNeeded: hash),
            // Never 0, which no slot is.
            offset: UInt32(truncatingIfNeeded: hash >> 16) & 0x7FFF_FFFF | 1,
            size: SizeClass(rawValue: UInt8(truncatingIfNeeded: hash >> 48)),
            isChunked: entry.kind == .delete)
    }
}
