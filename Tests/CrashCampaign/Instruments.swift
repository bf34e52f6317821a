import CairnInstruments

/// Every instrument, in the order they run.
let allInstruments = instruments(everyBit: false)

/// The same for campaigns, which flip every bit.
let campaignInstruments = instruments(everyBit: true)

private func instruments(everyBit: Bool) -> [any Instrument] {
    [
        CrashEnumeration(), FaultEnumeration(), ModelSimulation(), BitFlips(everyBit: everyBit),
        ObjectsInstrument(), ThreadStress(), KillsInstrument(), KernelInstrument(),
    ]
}
