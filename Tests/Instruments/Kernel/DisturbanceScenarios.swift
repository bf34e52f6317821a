import CairnStore
import CairnTestSupport

/// FM30: what is done to a directory while the store in it is open ends in errors, never in a trap, a
/// signal, or a wrong value. The child ends by itself, or `ProbeReport` says how it ended.
enum DisturbanceScenarios {
    static let all = KernelDisturbance.allCases.map { disturbance in
        KernelScenario("FM30 \(disturbance.rawValue) under an open store") {
            for segmentByteCount in segmentByteCounts {
                do { try disturb(disturbance, segmentByteCount) } catch {
                    throw BrokenPromise("segments of \(segmentByteCount): \(error)")
                }
            }
            return segmentByteCounts.count
        }
    }

    /// Small ones roll over after the disturbance, large ones go on in an open file.
    private static let segmentByteCounts = [8 << 10, 1 << 20]

    private static func disturb(_ disturbance: KernelDisturbance, _ segmentByteCount: Int) throws {
        let parent = try TemporaryDirectory("disturbance")
        let directory = parent.path + "/store"
        let probe = try ProbeReport.of(
            directory, "segment=\(segmentByteCount)", "writes=40",
            "disturb=\(disturbance.rawValue)")
        try expect(
            probe.says(disturbance.rawValue), "it did not come that far: \(probe.messages)")
        try expect(!probe.says("wrong"), "a wrong value: \(probe.messages)")
        let path = disturbance.keepsData ? KernelDisturbance.renamed(directory) : directory
        do throws(StoreError) {
            let store = try Store.open(at: path)
            if disturbance != .remove {
                let reached = (probe.acknowledged.last ?? -1) + 1
                try check(reached, store, probe)
            }
            try store.close()
        } catch {
            // Refused is right where data is gone; the message says which file.
            try expect(
                !disturbance.keepsData && error.message.contains(path),
                "\(error) after \(probe.messages)")
        }
    }

    private static func check(_ end: Int, _ store: Store, _ probe: ProbeReport) throws(StoreError) {
        do { try KernelEntries.check(0..<end, in: store) } catch {
            throw StoreError(.corrupt, "opened with less than was there: \(error)")
        }
    }
}
