import BenchData

extension Caller {
    func putNext(_ order: (Int) -> Int) throws {
        let number = order(position * lanes + lane)
        position += 1
        try put(number, version: 1)
    }

    /// Random keys; the version counts, so that afterwards the newest can be told from an older
    /// one.
    func overwrite(_ index: Int) throws {
        versions[index] += 1
        try put(index * lanes + lane, version: Int(versions[index]))
    }

    /// Any version, as others may write the key at the same time.
    func putAny(_ number: Int) throws {
        try put(number, version: random.next(below: ValueSource.versionMax))
    }

    func commitAny() throws {
        var entries = EntryList()
        for _ in 0..<Workload.groupCount {
            let number = random.next(below: data.count)
            data.keys.fill(&key, number)
            data.values.fill(
                &value, number, version: random.next(below: ValueSource.versionMax))
            entries.append(key, value)
        }
        try tally.time { try session.commit(entries) }
    }

    func deleteNext() throws {
        data.keys.fill(&key, data.deleteOrder[position * lanes + lane])
        position += 1
        try tally.time { try session.delete(key) }
    }

    private func put(_ number: Int, version: Int) throws {
        data.keys.fill(&key, number)
        data.values.fill(&value, number, version: version)
        try tally.time { try session.put(key, value) }
    }

    /// Puts what a fill has not come to, many keys a commit, as a preparation that nobody measures.
    func load() throws {
        var entries = EntryList()
        for position in position..<share(of: data.count) {
            let number = data.fillOrder[position * lanes + lane]
            entries.append(data.keys.key(number), data.values.value(number, version: 1))
            if entries.keys.count == 1000 {
                try session.commit(entries)
                entries.removeAll()
            }
        }
        try session.commit(entries)
    }

    /// Looks at a thousand keys, after the clock has stopped.
    func verify(after workload: Workload) throws {
        for _ in 0..<1000 {
            switch workload {
            case .fillseq where position > 0:
                try verify(random.next(below: position) * lanes + lane, version: 1)
            case .fillrandom where position > 0:
                let place = random.next(below: position) * lanes + lane
                try verify(data.fillOrder[place], version: 1)
            case .overwrite:
                let index = random.next(below: versions.count)
                try verify(index * lanes + lane, version: Int(versions[index]))
            case .durableput, .durablebatch:
                try verify(random.next(below: data.count), version: nil)
            case .deleterandom:
                let place = random.next(below: share(of: data.count))
                let number = data.deleteOrder[place * lanes + lane]
                if place >= position {
                    try verify(number, version: nil)
                } else if try session.get(data.keys.key(number)) {
                    throw wrong("a deleted key is still there", data.keys.key(number))
                }
            default: return
            }
        }
    }

    private func verify(_ number: Int, version: Int?) throws {
        try check(number, try session.get(data.keys.key(number)), version: version)
    }
}
