import CairnInstruments

/// Every instrument, in the order they run.
let allInstruments: [any Instrument] = [ObjectsInstrument()]
