/// Lets the real kernel refuse what it can refuse: full disks, limits, permissions, errors that
/// `strace` puts in the place of an answer, other owners, strange files.
///
/// A share is one scenario of a fixed list. What this machine does not allow is counted as skipped,
/// with the reason, never as done.
package struct KernelInstrument: Instrument {
    package let name = "kernel"
    package let unit = "scenarios"
    package var quickCount: Int { Self.scenarios.count }
    package var shareCount: Int? { Self.scenarios.count }

    private static let scenarios: [KernelScenario] =
        InjectionScenarios.all + FullDiskScenarios.all + LimitScenarios.all
        + PermissionScenarios.all + OwnershipScenarios.all + DisturbanceScenarios.all
        + StrangeFileScenarios.all

    package init() {}

    package func run(share: Int, _ tally: Tally) throws {
        guard Self.scenarios.indices.contains(share) else { return }
        let scenario = Self.scenarios[share]
        do {
            let checks = try scenario.body()
            tally.visit(scenario.name, checks)
            tally.count()
        } catch let reason as KernelScenario.NotHere {
            tally.skip("\(scenario.name): \(reason.description)")
        } catch {
            throw Violation(
                instrument: name, message: "\(scenario.name): \(error)",
                replay: "make crash-replay INSTRUMENT=kernel SHARE=\(share)")
        }
    }
}
