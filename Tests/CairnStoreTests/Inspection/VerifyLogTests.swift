import CairnFiles
import CairnPlatform
import CairnSimulation
import Testing

@testable import CairnStore

/// Damage to what has no other source: the manifest and the log.
@Suite("Verify: the log") struct VerifyLogTests {
    @Test(arguments: [true, false]) func `a healthy store has no findings`(_ closed: Bool) throws {
        let store = try VerifiedStore(closed: closed)
        #expect(store.segments.count > 1 && !store.runs.isEmpty)
        #expect(store.files[VerifiedStore.checkpoint] != nil)
        let report = try VerifiedStore.verify(store.files)
        #expect(report.findings == [])
        #expect(report.severity == nil)
        #expect(report.keyRunCount == store.runs.count)
        #expect(report.entryCount > 100 && report.slotCount > 70)
        let total = store.files.reduce(0) { $0 + $1.value.count }
        #expect(report.byteCount == total)
    }

    @Test func `progress is of all files together and comes to its end`() throws {
        let store = try VerifiedStore()
        let total = store.files.reduce(0) { $0 + $1.value.count }
        var seen: [StoreVerifier.Progress] = []
        _ = try StoreVerifier.verify(
            at: SimulatedStore.path, fileSystem: SimulatedStore(files: store.files).disk
        ) { seen.append($0) }
        #expect(seen.allSatisfy { $0.totalByteCount == total })
        #expect(seen.map(\.byteCount) == seen.map(\.byteCount).sorted())
        #expect(seen.last?.byteCount == total)
    }

    /// Goal: what the disk refuses is an error, never a finding.
    @Test func `a read that fails is an error wherever it comes`() throws {
        let store = try VerifiedStore()
        func verify(_ disk: SimulatedFileSystem) throws(StoreError) -> StoreVerifier.Report {
            try StoreVerifier.verify(at: SimulatedStore.path, fileSystem: disk)
        }
        let rehearsal = SimulatedStore(files: store.files).disk
        rehearsal.startRecording()
        _ = try verify(rehearsal)
        let calls = rehearsal.recordedCalls.filter { $0.operation == .read }
        #expect(calls.count > 20)
        for call in calls {
            let disk = SimulatedStore(files: store.files).disk
            disk.setFaults { $0.index == call.index ? .inputOutput : nil }
            let error = #expect(throws: StoreError.self, "\(call)") { try verify(disk) }
            #expect(error?.kind == .inputOutput, "\(call)")
        }
    }

    @Test func `a damaged frame costs the commits that it held, and they are named`() throws {
        let store = try VerifiedStore()
        let path = store.segments[0]
        let frame = try #require(
            store.frames(of: path).first { $0.header.batchCount > 1 && $0.offset > 4096 })
        let found = try store.findings(path) { $0[frame.offset + 70] ^= 1 }
        #expect(found.count == 1)
        let first = frame.header.firstSequence
        let last = first + UInt64(frame.header.batchCount) - 1
        #expect(found.first?.offset == frame.offset)
        #expect(found.first?.severity == .data)
        #expect(
            found.first?.consequence
                == "the store does not open; commits \(first) to \(last) cannot be read")
    }

    @Test func `damage in two frames is found twice`() throws {
        let store = try VerifiedStore()
        let path = store.segments[0]
        let frames = store.frames(of: path).filter { $0.header.kind == .commit }
        let (a, b) = (frames[0].offset, frames[frames.count - 1].offset)
        let found = try store.findings(path) {
            $0[a + 20] ^= 1
            $0[b + 70] ^= 1
        }
        #expect(found.map(\.offset) == [a, b])
    }

    @Test func `a segment that is cut costs what was behind the cut`() throws {
        let store = try VerifiedStore()
        let path = store.segments[0]
        let frame = try #require(store.frames(of: path).dropLast(3).last)
        let found = try store.findings(path) { $0 = Array($0[..<(frame.offset + 10)]) }
        #expect(found.first?.file == path)
        #expect(found.first?.offset == frame.offset)
        #expect(found.first?.consequence.contains("cannot be read") == true)
        #expect(found.allSatisfy { $0.severity == .data } && found.count == 1)
    }

    @Test func `the log's end is judged as an open judges it`() throws {
        let store = try VerifiedStore(closed: true)
        let path = try #require(store.segments.last { store.frames(of: $0).count > 1 })
        let last = try #require(store.frames(of: path).last)
        let found = try store.findings(path) { $0 = Array($0[..<last.offset]) }
        #expect(found.first?.severity == .data)
        #expect(found.first?.message.contains("the manifest records commit") == true)
        // Rubbish behind the end of a store that was killed is a torn tail.
        let killed = try VerifiedStore(closed: false)
        let active = try #require(killed.segments.last { killed.frames(of: $0).count > 1 })
        let end = try #require(killed.frames(of: active).last)
        let behind = end.offset + 64 + end.header.paddedPayloadByteCount
        #expect(try killed.findings(active) { $0[behind + 100] = 7 } == [])
    }

    @Test func `a missing segment costs its commits and nothing behind it`() throws {
        let store = try VerifiedStore()
        var damaged = store.files
        damaged[store.segments[0]] = nil
        let found = try VerifiedStore.verify(damaged).findings.filter { $0.severity == .data }
        #expect(found.map(\.file) == [store.segments[0], store.segments[1]])
        #expect(found[1].message.contains("expected the frame that begins with commit 1"))
        #expect(found[1].consequence.contains("commits 1 to "))
    }

    @Test func `a damaged header does not keep the frames from being read`() throws {
        let store = try VerifiedStore()
        let frames = try VerifiedStore.verify(store.files).frameCount
        var damaged = store.files
        damaged[store.segments[0]]?[2000] ^= 1
        let report = try VerifiedStore.verify(damaged)
        #expect(report.findings.count == 1 && report.frameCount == frames)
        #expect(report.findings.first?.message.contains("header") == true)
    }

    @Test func `bytes behind a seal are found`() throws {
        let store = try VerifiedStore()
        let found = try store.findings(store.segments[0]) { $0 += [0, 0, 7] }
        #expect(found.map(\.severity) == [.data])
        #expect(found.first?.message.contains("behind the seal") == true)
    }

    @Test func `without its manifest the log is read all the same`() throws {
        let store = try VerifiedStore()
        let whole = try VerifiedStore.verify(store.files)
        var damaged = store.files
        damaged[SimulatedStore.manifest]?[60] ^= 1
        let report = try VerifiedStore.verify(damaged)
        #expect(report.findings.map(\.file) == [SimulatedStore.manifest])
        #expect(report.findings.first?.severity == .data)
        #expect(report.recordCount == whole.recordCount)
    }

    @Test func `every stranger is named`() throws {
        let store = try VerifiedStore()
        var damaged = store.files
        damaged[SimulatedStore.path + "/0000000000000777.segment"] = [1, 2, 3]
        damaged[SimulatedStore.path + "/0000000000000778.segment"] = store.files[store.segments[0]]
        let found = try VerifiedStore.verify(damaged).findings
        #expect(found.count == 2 && found.allSatisfy { $0.severity == .data })
        #expect(found.allSatisfy { $0.consequence.contains("moved away") })
    }

    @Test func `a list of chunks that does not fit its chunks is found`() throws {
        var store = CraftedStore()
        store.appendPeople()
        let start = store.end + FrameHeader.byteCount
        let chunk = CraftedRecord(kind: 5, sequence: 2, key: bytes("k"), stored: bytes("v"))
        let length = chunk.bytes(at: start).count
        var right = CRC32C()
        right.add(bytes("v"))
        for checksum in [right.value, right.value ^ 1] {
            var crafted = store
            let list = ChunkList(
                valueByteCount: 1, valueChecksum: checksum,
                chunks: [ChunkList.Chunk(segment: 1, offset: start, byteCount: length)])
            crafted.append([
                chunk,
                CraftedRecord(flags: 4, sequence: 2, key: bytes("k"), stored: list.encoded()),
            ])
            let found = try StoreVerifier.verify(
                at: SimulatedStore.path, fileSystem: crafted.disk
            ).findings
            if checksum == right.value {
                #expect(found == [])
                continue
            }
            #expect(found.count == 1)
            #expect(found.first?.message.contains("in the chunks") == true)
            #expect(found.first?.consequence.contains("that commit 2 gave") == true)
        }
    }
}
