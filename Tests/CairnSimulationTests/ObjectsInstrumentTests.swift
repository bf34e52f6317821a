import CairnInstruments
import Testing

/// The instrument `objects`, for a moment: `make crash-replay INSTRUMENT=objects SHARE=<seed>` replays
/// what fails here. The campaign has many more seeds.
@Suite("Objects instrument") struct ObjectsInstrumentTests {
    @Test(arguments: 0..<12) func `no seed breaks a promise`(_ seed: Int) throws {
        let tally = Tally()
        try ObjectsInstrument().run(share: seed, tally)
        #expect(tally.count > 0)
    }

    @Test(arguments: [2, 5] as [UInt64]) func `a seed repeats itself`(_ seed: UInt64) throws {
        let first = try ObjectsInstrument.digest(seed: seed)
        #expect(try ObjectsInstrument.digest(seed: seed) == first)
    }
}
