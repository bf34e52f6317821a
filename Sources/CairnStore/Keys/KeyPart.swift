/// A stretch of the log: commits, and where they lie.
struct KeyStretch: Hashable, Sendable {
    var firstSequence: UInt64
    var lastSequence: UInt64
    /// Where reading for the first of them may begin.
    var from: LogPosition
    /// Where reading for what follows may begin.
    var to: LogPosition

    init(firstSequence: UInt64, lastSequence: UInt64, from: LogPosition, to: LogPosition) {
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.from = from
        self.to = to
    }

    init(_ run: KeyRun) {
        self.init(
            firstSequence: run.firstSequence, lastSequence: run.lastSequence,
            from: run.summary.from, to: run.summary.to)
    }
}

/// The keys of one stretch of the log, between two others.
struct KeyPart: Sendable {
    enum Content: Sendable {
        /// Not sorted yet.
        case buffer(KeyBuffer)
        case run(KeyRun)
    }

    /// Unlike that of any other part of this process.
    let id: UInt64
    let stretch: KeyStretch
    let content: Content
    /// The run's file, once it has one.
    let file: KeyRunName?

    var run: KeyRun? {
        if case .run(let run) = content { run } else { nil }
    }

    var count: Int {
        switch content {
        case .buffer(let buffer): buffer.count
        case .run(let run): Int(run.summary.entryCount)
        }
    }

    /// Bytes of memory without cached blocks.
    var cost: Int {
        switch content {
        case .buffer(let buffer): buffer.cost
        case .run(let run): run.cost + (run.memory?.count ?? 0)
        }
    }

    /// Bytes of the records of the stretch.
    var recordByteCount: Int {
        switch content {
        case .buffer(let buffer): buffer.recordByteCount
        case .run(let run):
            run.summary.segments.all.reduce(0) { $0 + Int($1.recordByteCount) }
        }
    }
}
