/// What a disk holds of one subject.
struct SubjectContents {
    let number: Int
    /// Its storage.
    var values: [String: Int] = [:]
    /// Its class's directory has it.
    var isListed = false
    /// The KV value that it counts up in critical sections.
    var kvCounter = 0
    /// The KV value that tells how far its counter was.
    var kvSeen = 0
    /// The instance that KV says is the live one.
    var kvOwner = 0
    /// How far it has counted.
    var counter: Int { values["a"] ?? 0 }

    init(number: Int) { self.number = number }

    /// - Throws: `BrokenPromise` where the disk contradicts what was learnt, or itself.
    func check(
        learnt: (Outside.Place) -> (number: Int, way: String), attempted: (Outside.Place) -> Int
    ) throws {
        try checkTurns()
        try within(.subject(number), counter, learnt, attempted)
        try within(.kv(number), kvCounter, learnt, attempted)
        try within(.owner(number), kvOwner, learnt, attempted)
        try expect(
            kvSeen <= counter,
            "KV says that subject \(number) has counted to \(kvSeen), the disk \(counter)")
        try expect(
            isListed == !values.isEmpty,
            "subject \(number) has \(values.count) values, and in the directory it is \(isListed)")
    }

    /// What was written between two awaits is there together.
    private func checkTurns() throws {
        try expect(values["a"] == values["b"], "a turn was torn: \(values) of subject \(number)")
        try expect(values["c"] == values["d"], "a turn was torn: \(values) of subject \(number)")
        let wide = Set((0..<Subject.wideKeyCount).map { values[Subject.wideKey($0)] })
        try expect(wide.count == 1, "a wide turn was torn: \(values) of subject \(number)")
        try expect(
            (values["c"] ?? 0) <= counter && (wide.first.flatMap { $0 } ?? 0) <= counter,
            "a turn is there without those before it: \(values) of subject \(number)")
    }

    /// What it heard of its peers they have written.
    func checkPeers(_ all: [SubjectContents]) throws {
        for peer in all {
            let heard = values[Subject.peerKey(peer.number)] ?? 0
            try expect(
                heard <= peer.counter,
                "subject \(number) heard \(heard) of subject \(peer.number), which has only "
                    + "counted to \(peer.counter)")
        }
    }

    private func within(
        _ place: Outside.Place, _ found: Int,
        _ learnt: (Outside.Place) -> (number: Int, way: String),
        _ attempted: (Outside.Place) -> Int
    ) throws {
        let (number, way) = learnt(place)
        try expect(
            found >= number, "\(place) is \(found) on the disk, and \(way) has told \(number)")
        try expect(
            found <= attempted(place),
            "\(place) is \(found) on the disk, and at most \(attempted(place)) was ever written")
    }
}
