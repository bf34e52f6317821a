import CairnInstruments

/// Every instrument, in the order they run.
let allInstruments = instruments(flipStride: 37)

/// The same for campaigns, which flip every bit.
let campaignInstruments = instruments(flipStride: 1)

private func instruments(flipStride: Int) -> [any Instrument] {
    [
        CrashEnumeration(), FaultEnumeration(), ModelSimulation(), BitFlips(stride: flipStride),
        ObjectsInstrument(), ThreadStress(), KillsInstrument(), KernelInstrument(),
    ]
}
