import Foundation

/// Fills a store, and opens copies of it in every way.
struct FootprintSurvey {
    let shape: Assignment.Shape
    let cacheByteCount: Int
    let repeatCount: Int
    let directory: String

    private typealias Way = (
        after: FootprintLine.Ending, path: StoreProbe.Path, cache: FootprintLine.Cache
    )

    private var ways: [Way] {
        FootprintLine.Ending.allCases.flatMap { after in
            StoreProbe.paths.flatMap { path in
                FootprintLine.Cache.allCases.map { (after: after, path: path, cache: $0) }
            }
        }
    }

    func run() throws -> FootprintLine {
        let progress = Progress(stepCount: 2 + ways.count * repeatCount)
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        progress.begin("fill")
        _ = try ChildProcess.lines(try arguments(.fill, folder(.close)))
        progress.begin("write and kill")
        try FileManager.default.copyItem(atPath: folder(.close), toPath: folder(.kill))
        let writer = try ChildProcess(try arguments(.writeUntilKilled, folder(.kill)))
        try writer.waitForOutput()
        writer.killAndWait()
        let results = try ways.map { way in
            try (1...repeatCount).map { number in
                progress.begin("open \(way.path), \(way.cache), after \(way.after), \(number)")
                return try open(way)
            }
        }
        progress.end()
        return line(results)
    }

    private func line(_ results: [[FootprintStep.Opened]]) -> FootprintLine {
        let keys = Double(shape.keyCount)
        let first = results.first ?? []
        let checkpoint = try? FileManager.default.attributesOfItem(
            atPath: folder(.close) + "/CHECKPOINT")
        return FootprintLine(
            keys: shape.keyCount, keyBytes: shape.keyByteCount, valueBytes: shape.valueByteCount,
            cacheBytes: cacheByteCount,
            ramBytesPerKey: Figures.median(first.map { Double($0.residentByteCount) }) / keys,
            ramAnonBytesPerKey: Figures.median(first.map { Double($0.anonymousByteCount) }) / keys,
            indexBytes: first.first?.indexByteCount,
            checkpointBytes: (checkpoint?[.size] as? NSNumber)?.intValue ?? 0,
            diskBytes: DiskUsage.allocatedByteCount(of: folder(.close)),
            version: EngineKind.all[0].version(),
            open: zip(ways, results).map { way, opened in
                FootprintLine.Open(
                    path: opened[0].path, cache: way.cache, after: way.after,
                    seconds: Figures.median(opened.map(\.seconds)))
            })
    }

    private func open(_ way: Way) throws -> FootprintStep.Opened {
        let copy = directory + "/copy"
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: folder(way.after), toPath: copy)
        for path in DiskUsage.files(in: copy)
        where way.path.removes(URL(fileURLWithPath: path).lastPathComponent) {
            try FileManager.default.removeItem(atPath: path)
        }
        switch way.cache {
        case .warm: DiskUsage.synchronize(copy)
        case .cold: DiskUsage.dropFromCache(copy)
        }
        let lines = try ChildProcess.lines(try arguments(.open, copy))
        guard let line = lines.first else { throw EngineError("an open reported nothing") }
        return try JSONDecoder().decode(FootprintStep.Opened.self, from: Data(line.utf8))
    }

    private func folder(_ ending: FootprintLine.Ending) -> String {
        directory + "/" + ending.rawValue
    }

    private func arguments(_ kind: FootprintStep.Kind, _ directory: String) throws -> [String] {
        let step = FootprintStep(
            kind: kind, directory: directory, shape: shape, cacheByteCount: cacheByteCount)
        return ["footprint-step", try JSONLine.encode(step)]
    }
}
