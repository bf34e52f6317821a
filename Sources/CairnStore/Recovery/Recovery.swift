import CairnFiles
import CairnPlatform

/// Reads the log after whatever happened to it: every frame, up to a torn tail; refuses damage. What
/// it keeps is served only after `Outcome.makeDurable`.
///
/// The loop around `RecoveryMachine`, which decides: it reads, measures and replays.
struct Recovery {
    let manifest: Manifest
    let segments: [Segment]
    private var replay: LogReplay
    private let start: LogPosition?

    /// Prepares to read `segments`, in log order.
    /// - Parameters:
    ///   - replay: what is done with the records.
    ///   - start: where to begin; all before it is durable. By default the log's beginning.
    init(
        manifest: Manifest, segments: [Segment], replay: LogReplay = LogReplay(),
        from start: LogPosition? = nil
    ) {
        self.manifest = manifest
        self.segments = segments
        self.replay = replay
        self.start = start
    }

    /// Reads the log and refuses damage. Changes nothing. `segments` must not be empty.
    /// - Parameter observe: sees every whole frame, in order.
    mutating func run(
        observe: (ScannedFrame) -> Void = { _ in }
    ) throws(StoreError) -> Outcome {
        var machine = RecoveryMachine(
            manifest: manifest, segments: segments.map(\.identity), from: start)
        var windows = SegmentWindows(segments[0])
        while true {
            switch machine.next() {
            case .read(let segment, let range):
                if windows.segment !== segments[segment] {
                    windows = SegmentWindows(segments[segment])
                }
                let path = segments[segment].path
                machine.take(
                    try naming("cannot read \(path)") { () throws(FileError) in
                        try windows.window(range)
                    })
            case .replay(let frame, let segment, let position):
                observe(frame)
                machine.replayed(try replay.take(frame, in: segments[segment], at: position))
            case .measure(let segment):
                machine.measured(
                    try naming("cannot look at the log") { () throws(FileError) in
                        try segments[segment].byteCount()
                    })
            case .recovered(let log): return Outcome(log, segments)
            case .refused(let refusal): throw refusal.error(segments.map(\.path))
            }
        }
    }
}
