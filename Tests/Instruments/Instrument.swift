/// One way of trying to make Cairn break its promises.
///
/// Its work is cut into shares that depend on nothing but their number, so that shares can run side by
/// side, a campaign can go on for as long as it likes, and a failure is replayed by its number.
package protocol Instrument: Sendable {
    /// The name on the command line and in reports.
    var name: String { get }
    /// What it counts, in the plural: `states`, `operations`, `kills`.
    var unit: String { get }
    /// How many of its units `make test` wants.
    var quickCount: Int { get }
    /// How many shares there are; `nil` for any number.
    var shareCount: Int? { get }
    /// Places that a whole quick run must have visited: a gate, not a hope.
    var places: [String] { get }
    /// Does one share: counts what it tried in `tally`, and what was wrong.
    /// - Throws: what went wrong with the instrument itself, or a promise that was broken.
    func run(share: Int, _ tally: Tally) throws
}

extension Instrument {
    package var shareCount: Int? { nil }
    package var places: [String] { [] }
}

/// A promise that was broken, and how to see it again.
package struct Violation: Error, Sendable, CustomStringConvertible {
    package let instrument: String
    package let message: String
    /// One command that does it again.
    package let replay: String

    package init(instrument: String, message: String, replay: String) {
        self.instrument = instrument
        self.message = message
        self.replay = replay
    }

    package var description: String { "\(instrument): \(message)\n  replay: \(replay)" }
}

/// Thrown where a check fails; the instrument adds where it was.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Fails the check with `message` unless `condition` holds.
package func expect(
    _ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String
) throws {
    if try !condition() { throw BrokenPromise(message()) }
}
