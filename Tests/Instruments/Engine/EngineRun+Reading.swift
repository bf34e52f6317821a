import CairnSimulation
import CairnStore

/// Reads, each compared with the model.
extension EngineRun {
    func get(_ space: Int, _ number: Int) throws {
        guard let store else { return }
        let (name, key) = (EngineOperation.space(space), EngineOperation.key(number))
        let found: Entry?
        do throws(StoreError) { found = try store.keyspace(name).entry(key) } catch {
            return try mayFail(error, "get")
        }
        let expected = ledger.current.value(
            of: key, in: name, at: clock.millisecondsSinceEpoch)
        let value = found.map {
            StoreContents.Value(bytes: $0.value, metadata: $0.metadata, expiry: $0.expiry)
        }
        try expect(
            value == expected,
            "get \(name)/\(text(key)): found \(text(value)), expected \(text(expected))")
    }

    func list(_ space: Int, _ range: KeyRange) throws {
        guard let store else { return }
        let name = EngineOperation.space(space)
        let found: [Entry]
        do throws(StoreError) { found = try store.keyspace(name).list(range) } catch {
            return try mayFail(error, "list")
        }
        let expected = ledger.current.list(range, in: name, at: clock.millisecondsSinceEpoch)
        try expect(
            found.map(\.key) == expected.map(\.key),
            "list \(name) \(range): found \(found.map { text($0.key) }), expected "
                + "\(expected.map { text($0.key) })")
        for (entry, (key, value)) in zip(found, expected) {
            let matches =
                entry.value == value.bytes && entry.metadata == value.metadata
                && entry.expiry == value.expiry
            try expect(matches, "list \(name): a wrong entry for \(text(key))")
        }
    }

    func keys(_ space: Int, _ range: KeyRange) throws {
        guard let store else { return }
        let name = EngineOperation.space(space)
        let found: [KeyEntry]
        do throws(StoreError) { found = try store.keyspace(name).keys(range) } catch {
            return try mayFail(error, "keys")
        }
        let expected = ledger.current.list(range, in: name, at: clock.millisecondsSinceEpoch)
        let matches =
            found.count == expected.count
            && zip(found, expected).allSatisfy { entry, expected in
                entry.key == expected.key && entry.metadata == expected.value.metadata
                    && entry.expiry == expected.value.expiry
            }
        try expect(matches, "keys \(name) \(range): wrong keys, metadata or expiry")
    }

    func visit(_ space: Int, _ range: KeyRange) throws {
        guard let store else { return }
        let name = EngineOperation.space(space)
        let expected = ledger.current.list(range, in: name, at: clock.millisecondsSinceEpoch)
        var index = 0
        do {
            try store.keyspace(name).visit(range) { key, value in
                let isRight =
                    index < expected.count && Self.equal(key, expected[index].key)
                    && Self.equal(value, expected[index].value.bytes)
                try expect(isRight, "visit \(name): entry \(index) is wrong")
                index += 1
            }
        } catch let error as StoreError { return try mayFail(error, "visit") }
        try expect(index == expected.count, "visit \(name): \(index) of \(expected.count) entries")
    }

    private static func equal(_ span: Span<UInt8>, _ bytes: [UInt8]) -> Bool {
        guard span.count == bytes.count else { return false }
        for index in bytes.indices where span[index] != bytes[index] { return false }
        return true
    }

    /// Compares everything that is visible.
    func dump() throws {
        guard let store else { return }
        let contents: StoreContents
        do throws(StoreError) { contents = try StoreContents(of: store) } catch {
            return try mayFail(error, "dump")
        }
        let difference = ledger.current.live(at: clock.millisecondsSinceEpoch)
            .difference(from: contents)
        try expect(difference == nil, "dump: \(difference ?? "")")
        try expectCounts(at: ledger.last)
    }

    /// A second owner must be refused at once, and must not disturb the first.
    func openTwice() throws {
        guard store != nil, !isFaulty else { return }
        do throws(StoreError) {
            let second = try Store.open(at: Self.path, settings: settings, components: components)
            disk.cutPower()
            _ = consume second
        } catch {
            try expect(error.kind == .locked, "a second opener gets \(error)")
            return
        }
        throw BrokenPromise("a second opener is let in")
    }

    /// A closed store has nothing that `verify` finds fault with, but for derived files that were tampered with
    /// and that nobody has read since.
    func verify(_ seed: UInt64) throws {
        guard !isFaulty else { return }
        try perform(.reopen(settings: seed))
        guard let store, !isFaulty else { return }
        try store.close()
        ledger.promiseDurable(ledger.last)
        let copy = disk.afterKill()
        let report: StoreVerifier.Report
        do throws(StoreError) {
            report = try StoreVerifier.verify(at: Self.path, fileSystem: copy)
        } catch { throw BrokenPromise("cannot verify: \(error)") }
        let findings = report.findings.filter {
            !isDerivedDoubtful || $0.severity != .derived
        }
        try expect(findings.isEmpty, "verify finds \(findings)")
        try perform(.reopen(settings: seed &+ 1))
    }
}
