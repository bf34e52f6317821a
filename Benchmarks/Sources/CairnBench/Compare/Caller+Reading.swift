import BenchData

extension Caller {
    func read(_ number: Int) throws {
        data.keys.fill(&key, number)
        var isFound = false
        try tally.time { isFound = try session.get(key) }
        try check(number, isFound, version: 1)
    }

    func readAbsent(_ number: Int) throws {
        data.keys.fill(&key, number)
        data.keys.makeAbsent(&key)
        var isFound = true
        try tally.time { isFound = try session.get(key) }
        guard !isFound else { throw wrong("found a key that was never put", key) }
    }

    /// From an absent key on, so that nobody can look it up instead.
    func seek(_ number: Int) throws {
        data.keys.fill(&key, number)
        data.keys.makeAbsent(&key)
        try tally.time { try session.scan(from: key, prefixByteCount: 0, limit: 1, into: buffer) }
        try checkScan(from: (number / 10 + 1) * 10, count: 1)
    }

    /// The keys that agree in all but their last two digits.
    func list(_ group: Int) throws {
        data.keys.fill(&key, group * Workload.groupCount)
        try tally.time {
            try session.scan(
                from: key, prefixByteCount: key.count - 2, limit: Workload.groupCount + 1,
                into: buffer)
        }
        try checkScan(from: group * Workload.groupCount, count: Workload.groupCount)
    }

    private func checkScan(from first: Int, count: Int) throws {
        guard buffer.count == count else {
            throw wrong("a scan found \(buffer.count) records instead of \(count)", key)
        }
        var number = first
        try buffer.forEach { found, value in
            guard data.keys.number(of: found) == number,
                data.values.version(of: value, number) == 1
            else { throw wrong("a scan found a wrong key or value at \(number)", key) }
            number += 1
        }
    }

    /// - Parameter version: `nil` for any.
    func check(_ number: Int, _ isFound: Bool, version: Int?) throws {
        guard isFound else { throw wrong("a key is missing", data.keys.key(number)) }
        let found = session.withValue { data.values.version(of: $0, number) }
        guard let found, version == nil || found == version else {
            throw wrong(
                "the value is \(found.map { "of version \($0)" } ?? "damaged"), expected was version "
                    + (version.map { "\($0)" } ?? "any"), data.keys.key(number))
        }
    }

    func wrong(_ what: String, _ key: [UInt8]) -> EngineError {
        EngineError("\(what); the key is \(String(decoding: key, as: UTF8.self))")
    }
}
