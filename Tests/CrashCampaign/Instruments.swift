import CairnInstruments

/// Every instrument, in the order they run.
let allInstruments: [any Instrument] = [
    CrashEnumeration(), FaultEnumeration(), ModelSimulation(), BitFlips(stride: 37),
    KillsInstrument(), KernelInstrument(),
]
