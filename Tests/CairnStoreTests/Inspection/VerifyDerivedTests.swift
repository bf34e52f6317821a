import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

/// Damage to what the log can make anew: key runs and the checkpoint.
@Suite("Verify: derived data") struct VerifyDerivedTests {
    /// Opens the store and reads everything: derived damage must not show.
    private static func contents(_ files: [String: [UInt8]]) throws -> [[UInt8]] {
        let store = try SimulatedStore(files: files).open()
        return try store.keyspaces().flatMap { try store.keyspace($0).list() }
            .flatMap { [$0.key, $0.value, $0.metadata] }
    }

    /// Method: a bit turned in every part of every derived file.
    @Test func `a flipped bit is found, and is no damage to data`() throws {
        let store = try VerifiedStore()
        let contents = try Self.contents(store.files)
        for path in store.runs + [VerifiedStore.checkpoint] {
            let bytes = try #require(store.files[path])
            for offset in stride(from: 3, to: bytes.count, by: max(97, bytes.count / 40)) {
                let found = try store.findings(path) { $0[offset] ^= 4 }
                #expect(!found.isEmpty, "\(path) at \(offset)")
                #expect(found.allSatisfy { $0.severity == .derived && $0.file == path })
                #expect(found.allSatisfy { $0.consequence.contains("made anew") })
            }
            var damaged = store.files
            damaged[path]?[bytes.count / 2] ^= 1
            #expect(try Self.contents(damaged) == contents)
        }
    }

    @Test func `what is cut, empty or of another store is found`() throws {
        let store = try VerifiedStore()
        let other = try SimulatedStore.people(closed: true)
        #expect(other.keys.allSatisfy { store.files[$0] != other[$0] })
        for path in store.runs + [VerifiedStore.checkpoint] {
            for count in [0, 10, 64, 200] {
                let found = try store.findings(path) { $0 = Array($0.prefix(count)) }
                #expect(found.map(\.severity) == [.derived], "\(path) cut to \(count)")
            }
        }
        let example = try #require(try KeyRunFormatTests.example().memory)
        var files = store.files
        files[SimulatedStore.path + "/0000000000000001-0000000000000004.keys"] = example
        files[VerifiedStore.checkpoint] = CheckpointFormatTests.example()
        let found = try VerifiedStore.verify(files).findings
        #expect(found.count == 2 && found.allSatisfy { $0.severity == .derived })
    }

    /// Goal: a run whose checksums all hold, but which says something else than the log.
    @Test func `an entry that the log does not know, or knows otherwise, is found`() throws {
        let store = try VerifiedStore()
        let path = store.runs[0]
        let run = try Self.run(store, path)
        let changes: [(String, (inout KeyFact) -> Void)] = [
            ("place", { $0.entry.offset += 1 }), ("commit", { $0.entry.sequence -= 1 }),
            ("kind", { $0.entry.kind = .delete }), ("expiry", { $0.entry.expiry = 77 }),
            ("metadata", { $0.metadata = bytes("other") }), ("key", { $0.key += [0] }),
            ("length", { $0.entry.byteCount += 1 }), ("footprint", { $0.entry.footprint += 99 }),
        ]
        let facts = try KeyModel.facts(of: run)
        let chosen = try #require(
            facts.firstIndex {
                $0.entry.keyspace != 0 && $0.entry.kind == .put
                    && $0.entry.sequence > run.firstSequence
            })
        for (name, change) in changes {
            var changed = facts
            change(&changed[chosen])
            let found = try store.findings(path) { $0 = Self.rewritten(run, changed) }
            #expect(!found.isEmpty, "\(name)")
            #expect(found.allSatisfy { $0.severity == .derived && $0.file == path }, "\(name)")
            #expect(found.first?.consequence.contains("remove the file") == true, "\(name)")
        }
        var fewer = facts
        fewer.remove(at: chosen)
        let found = try store.findings(path) { $0 = Self.rewritten(run, fewer) }
        #expect(found.count == 1)
        #expect(found.first?.message.contains("found that 1 are missing") == true)
        #expect(try store.findings(path) { $0 = Self.rewritten(run, facts) } == [])
    }

    @Test func `a run of a log that went another way is found`() throws {
        let store = try VerifiedStore()
        let path = store.runs[0]
        let run = try Self.run(store, path)
        var summary = run.summary
        summary.proof.chain ^= 1
        let found = try store.findings(path) {
            $0 = Self.rewritten(run, (try? KeyModel.facts(of: run)) ?? [], proof: summary.proof)
        }
        #expect(found.count == 1)
        #expect(found.first?.message.contains("the run's position `proof`") == true)
    }

    private static func run(_ store: VerifiedStore, _ path: String) throws -> KeyRun {
        let id = try Manifest.decode(store.files[SimulatedStore.manifest] ?? []).get().store
        return try KeyRun.open(.memory(store.files[path] ?? []), store: id)
    }

    /// The run as it would be with these entries.
    private static func rewritten(
        _ run: KeyRun, _ facts: [KeyFact], proof: LogPosition? = nil
    ) -> [UInt8] {
        var writer = KeyRunWriter(
            store: run.store, salt: run.header.salt, firstSequence: run.firstSequence,
            lastSequence: run.lastSequence, from: run.summary.from, to: run.summary.to,
            segments: run.summary.segments.all)
        for fact in facts {
            var entry = fact.entry
            entry.keyOffset = 0
            entry.keyByteCount = UInt32(fact.key.count)
            entry.metadataByteCount = UInt32(fact.metadata.count)
            writer.append(entry, in: fact.key + fact.metadata)
        }
        writer.finish(proof: proof ?? run.summary.proof)
        return writer.takeBytes()
    }

    /// Goal: a checkpoint whose checksums all hold, but which says something else than the log.
    @Test func `a slot or a count that is not the log's is found`() throws {
        let store = try VerifiedStore()
        let whole = try Self.parts(store)
        #expect(try store.findings(VerifiedStore.checkpoint) { $0 = whole.encoded() } == [])
        let shard = try #require(whole.shards.firstIndex { !$0.isEmpty })
        let changes: [(String, (inout Parts) -> Void)] = [
            ("offset", { $0.shards[shard][0].word += 16 << 8 }),
            ("segment", { $0.shards[shard][0].word += 200 << 40 }),
            ("class", { $0.shards[shard][0].word ^= 1 }),
            ("chunked", { $0.shards[shard][0].word ^= 1 << 39 }),
            ("hash", { $0.shards[shard][0].home ^= 1 }),
            ("missing", { $0.shards[shard].removeFirst() }),
            ("one too many", { $0.shards[shard].append(IndexSlot(home: .max, word: 1 << 20)) }),
            ("order", { $0.shards[shard] += $0.shards[shard] }),
            ("keys", { $0.changeSpaces { $0.keyCount += 1 } }),
            ("bytes", { $0.changeSpaces { $0.byteCount += 1 } }),
            ("newest commit", { $0.changeSpaces { $0.lastSequence += 1_000_000 } }),
            ("keyspace", { $0.tables.spaces[$0.tables.spaces.keys.min() ?? 0] = nil }),
            ("record bytes", { $0.tables.segments[0].recordByteCount += 1 }),
            ("live bytes", { $0.tables.segments[0].liveByteCount += 1 }),
            ("salt", { $0.tables.segments[0].salt += 1 }),
            ("position", { $0.trailer.position.chain ^= 1 }),
            ("proof", { $0.trailer.proof.chain ^= 1 }),
        ]
        for (name, change) in changes {
            var parts = whole
            change(&parts)
            let found = try store.findings(VerifiedStore.checkpoint) { $0 = parts.encoded() }
            #expect(!found.isEmpty, "\(name)")
            #expect(
                found.allSatisfy {
                    $0.severity == .derived && $0.file == VerifiedStore.checkpoint
                }, "\(name): \(found)")
        }
    }

    private struct Parts {
        var header: CheckpointHeader
        var shards: [[IndexSlot]]
        var tables: CheckpointTables
        var trailer: CheckpointTrailer

        mutating func changeSpaces(_ change: (inout StoreAccounts.Space) -> Void) {
            guard let number = tables.spaces.keys.min(), var space = tables.spaces[number] else {
                return
            }
            change(&space)
            tables.spaces[number] = space
        }

        func encoded() -> [UInt8] {
            var bytes = header.encoded()
            var tables = tables
            tables.shards = []
            for slots in shards {
                let encoded = SlotBytes.encode(slots)
                tables.shards.append(
                    CheckpointTables.Shard(
                        count: slots.count,
                        checksum: header.identity.checksum(
                            of: encoded, in: 0..<encoded.count, at: bytes.count)))
                bytes += encoded
            }
            let encoded = tables.encoded()
            var trailer = trailer
            trailer.tablesOffset = bytes.count
            trailer.tablesByteCount = encoded.count
            trailer.tablesChecksum = header.identity.checksum(
                of: encoded, in: 0..<encoded.count, at: bytes.count)
            bytes += encoded
            return bytes + trailer.encoded(in: header.identity, at: bytes.count)
        }
    }

    private static func parts(_ store: VerifiedStore) throws -> Parts {
        let manifest = try Manifest.decode(store.files[SimulatedStore.manifest] ?? []).get()
        let file = try CheckpointFile(
            VerifiedStore.checkpoint, store: manifest.store,
            SimulatedStore(files: store.files).disk)
        return Parts(
            header: file.header,
            shards: try (0..<IndexTable.shardCount).map { try file.shard($0) },
            tables: file.tables, trailer: file.trailer)
    }
}
