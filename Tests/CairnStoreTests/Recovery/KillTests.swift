import CairnInstruments
import Testing

@Suite("Kills") struct KillTests {
    /// Goal: `kill -9` at any instant loses nothing acknowledged, at either level, and halves no
    /// batch. Method: the instrument `kills`, for a few directories that nobody has tried before; the
    /// campaign goes on for longer.
    @Test func `FM01 fifty kills lose nothing acknowledged`() {
        var runner = CampaignRunner()
        runner.firstShare = Int.random(in: 1000..<1_000_000)
        let outcome = runner.run(KillsInstrument(), until: .count(50))
        #expect(outcome.violations.isEmpty)
        #expect(outcome.count >= 50)
    }
}
