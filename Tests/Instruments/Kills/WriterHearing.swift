import CairnFiles
import CairnStore

/// What a writer has said so far, and when it is to be killed.
struct WriterHearing {
    /// How far it has come.
    enum Stage: String {
        case starting, opening, writing, closing, closed
    }

    private let patience: Duration
    private let life: WriterLife
    private var workload: Workload
    /// Steps since the open.
    private var submitted = 0
    private(set) var stage = Stage.starting
    /// When its stage becomes too long.
    private(set) var deadline: ContinuousClock.Instant
    /// The call it killed itself in.
    private var fatalCall: String?

    init(_ life: WriterLife, patience: Duration) {
        self.life = life
        self.patience = patience
        workload = life.workload
        deadline = .now + patience
    }

    /// Whether to have come to the deadline means that it hangs.
    var isHanging: Bool {
        switch stage {
        case .writing: false
        case .opening: life.openingLimit == nil
        case .starting, .closing, .closed: true
        }
    }

    /// Where the kill hit, for the tally.
    var place: String { fatalCall.map { "\($0) × \(stage)" } ?? "at a random time × \(stage)" }

    mutating func hear(_ message: LedgerMessage, _ ledger: inout Ledger) throws {
        switch message {
        case .starting: enter(.opening, limit: life.openingLimit ?? patience)
        case .opened(let sequence, let digest):
            try ledger.compare(sequence: sequence, digest: digest)
            enter(.writing, limit: life.writingLimit)
        case .submitting(let number):
            submitted += 1
            try expect(number == UInt64(submitted), "the pipe lost step \(submitted)")
            ledger.submit(workload.next())
        case .acknowledged(let number): ledger.acknowledge(upTo: Int(number))
        case .closing: enter(.closing, limit: patience)
        case .closed:
            ledger.acknowledgeAll()
            enter(.closed, limit: patience)
        case .dying(let call, let moment):
            let operation = KillMoment.operations[Int(call)].rawValue
            fatalCall = "\(KillMoment(rawValue: moment)?.description ?? "?") \(operation)"
        }
    }

    private mutating func enter(_ stage: Stage, limit: Duration) {
        self.stage = stage
        deadline = .now + limit
    }
}
