import CairnPlatform
import Testing

@testable import CairnStore

/// Every transition of the commit pipeline, without a disk.
@Suite("Commit pipeline") struct CommitPipelineTests {
    typealias Pipeline = CommitPipeline

    private static let start = LogPosition(
        segment: 1, offset: 4096, headerOffset: 0, chain: 7, nextSequence: 11)

    private static let idle = wants()

    private static func wants(
        write: Bool = false, sync: UInt64 = 0, stop: Bool = false, refuse: Bool = false
    ) -> Pipeline.Wants {
        Pipeline.Wants(
            write: write, syncedSequence: sync, isStopping: stop, isRefusing: refuse)
    }

    private static func frame(
        _ sequence: UInt64, at offset: Int, of segment: UInt64 = 1,
        _ kind: FrameHeader.Kind = .commit
    ) -> Pipeline.Outline {
        Pipeline.Outline(
            kind: kind, segment: segment, offset: offset, end: offset + 100,
            lastSequence: sequence)
    }

    /// A pipeline that has taken frames.
    private static func taken(
        _ frames: [Pipeline.Outline], _ wants: Pipeline.Wants, last: UInt64
    ) -> Pipeline {
        var pipeline = Pipeline(position: start)
        let demand = pipeline.demand(wants, .called)
        #expect(demand == .frames)
        pipeline.take(frames, demand, wants, lastSequence: last)
        return pipeline
    }

    private static func position(_ frame: Pipeline.Outline, _ chain: UInt32) -> LogPosition {
        LogPosition(
            segment: frame.segment, offset: frame.end, headerOffset: frame.offset, chain: chain,
            nextSequence: frame.lastSequence + 1)
    }

    @Test func `idle rests and takes nothing until it is asked to`() {
        var pipeline = Pipeline(position: Self.start)
        #expect(pipeline.next() == .rest(owesPromise: false))
        #expect(pipeline.next() == .rest(owesPromise: false))
        #expect(pipeline.demand(Self.idle, .called) == .nothing)
        #expect(pipeline.demand(Self.idle, .timedOut) == .nothing)
        #expect(pipeline.demand(Self.wants(sync: 10), .called) == .nothing)
        #expect(pipeline.demand(Self.wants(write: true), .called) == .frames)
        #expect(pipeline.demand(Self.wants(sync: 11), .called) == .frames)
        #expect(pipeline.demand(Self.wants(stop: true), .called) == .frames)
    }

    @Test func `what is only buffered is written with one call and not synced`() {
        let frames = [Self.frame(11, at: 4096), Self.frame(13, at: 4196)]
        var pipeline = Self.taken(frames, Self.wants(write: true), last: 13)
        #expect(pipeline.next() == .write(0..<2, promising: 10))
        #expect(pipeline.next() == .write(0..<2, promising: 10))
        pipeline.wrote(chain: 8)
        #expect(pipeline.position == Self.position(frames[1], 8))
        #expect(pipeline.next() == .release(0..<2, Self.position(frames[1], 8)))
        #expect(pipeline.next() == .announceWritten(13))
        #expect(pipeline.next() == .again)
        #expect(pipeline.next() == .rest(owesPromise: false))
        #expect(pipeline.durable == 10)
    }

    @Test func `what must be durable is announced once its sync has returned`() {
        var pipeline = Self.taken(
            [Self.frame(12, at: 4096)], Self.wants(write: true, sync: 11), last: 12)
        #expect(pipeline.next() == .write(0..<1, promising: 10))
        pipeline.wrote(chain: 8)
        #expect(pipeline.next() == .release(0..<1, pipeline.position))
        #expect(pipeline.next() == .announceWritten(12))
        #expect(pipeline.next() == .synchronize)
        #expect(pipeline.durable == 10)
        pipeline.done()
        #expect(pipeline.next() == .announceDurable(12))
        #expect(pipeline.durable == 12)
        #expect(pipeline.next() == .again)
        #expect(pipeline.next() == .rest(owesPromise: true))
    }

    @Test func `a sync of what has been written already writes nothing`() {
        var pipeline = Self.taken([], Self.wants(sync: 12), last: 12)
        #expect(pipeline.next() == .synchronize)
        pipeline.done()
        #expect(pipeline.next() == .announceDurable(12))
        #expect(pipeline.next() == .again)
    }

    /// Goal: a segment is durable before a frame of the next one is written, and cut after that.
    @Test func `a seal is synced and cut before the log goes on`() {
        let frames = [
            Self.frame(11, at: 4096), Self.frame(11, at: 4196, .seal),
            Self.frame(12, at: 4096, of: 2),
        ]
        var pipeline = Self.taken(frames, Self.wants(write: true), last: 12)
        #expect(pipeline.next() == .write(0..<2, promising: 10))
        pipeline.wrote(chain: 8)
        #expect(pipeline.next() == .release(0..<2, Self.position(frames[1], 8)))
        #expect(pipeline.next() == .synchronizeSealed(1))
        pipeline.done()
        #expect(pipeline.next() == .cutSealed(1))
        #expect(pipeline.durable == 10)
        pipeline.done()
        #expect(pipeline.next() == .announceDurable(11))
        #expect(pipeline.next() == .write(2..<3, promising: 11))
        pipeline.wrote(chain: 9)
        #expect(pipeline.next() == .release(2..<3, Self.position(frames[2], 9)))
        #expect(pipeline.next() == .announceWritten(12))
        #expect(pipeline.next() == .again)
        #expect(pipeline.next() == .rest(owesPromise: false))
    }

    @Test func `a batch that spans frames moves the log at its end`() {
        var pipeline = Self.taken([Self.frame(10, at: 4096)], Self.wants(write: true), last: 11)
        _ = pipeline.next()
        pipeline.wrote(chain: 8)
        #expect(pipeline.position.nextSequence == 11)
        #expect(pipeline.next() == .release(0..<1, pipeline.position))
        #expect(pipeline.next() == .announceWritten(10))
    }

    @Test func `a promise that is owed is made in a frame of its own, and synced`() {
        var pipeline = Self.taken([], Self.wants(sync: 11), last: 11)
        #expect(pipeline.next() == .synchronize)
        pipeline.done()
        #expect(pipeline.next() == .announceDurable(11))
        #expect(pipeline.next() == .again)
        #expect(pipeline.demand(Self.idle, .called) == .nothing)
        #expect(pipeline.demand(Self.wants(refuse: true), .timedOut) == .nothing)
        let demand = pipeline.demand(Self.idle, .timedOut)
        #expect(demand == .framesOrPromise)
        pipeline.take(
            [Self.frame(11, at: 4196, .promise)], demand, Self.idle, lastSequence: 11)
        #expect(pipeline.next() == .write(0..<1, promising: 11))
        pipeline.wrote(chain: 8)
        #expect(pipeline.next() == .release(0..<1, pipeline.position))
        #expect(pipeline.next() == .announceWritten(11))
        #expect(pipeline.next() == .synchronize)
        pipeline.done()
        #expect(pipeline.next() == .announceDurable(11))
        #expect(pipeline.next() == .again)
        #expect(pipeline.next() == .rest(owesPromise: false))
    }

    @Test func `stopping writes and syncs what is pending, then ends`() {
        var pipeline = Self.taken([Self.frame(11, at: 4096)], Self.wants(stop: true), last: 11)
        var actions: [Pipeline.Action] = []
        while actions.last != .end {
            actions.append(pipeline.next())
            if actions.last == .write(0..<1, promising: 10) { pipeline.wrote(chain: 8) }
            if actions.last == .synchronize { pipeline.done() }
        }
        #expect(
            actions == [
                .write(0..<1, promising: 10), .release(0..<1, pipeline.position),
                .announceWritten(11), .synchronize, .announceDurable(11), .end,
            ])
        #expect(pipeline.next() == .end)
    }

    /// Goal: whatever call fails, nothing behind it is done or announced, and nothing is tried again.
    @Test(arguments: 0..<5)
    func `a call that fails poisons the log and ends the pipeline`(_ failing: Int) {
        let frames = [
            Self.frame(11, at: 4096, .seal), Self.frame(12, at: 4096, of: 2),
        ]
        var pipeline = Self.taken(frames, Self.wants(write: true, sync: 12), last: 12)
        var calls = 0
        while true {
            let action = pipeline.next()
            guard action.isCall else { continue }
            if calls == failing { break }
            calls += 1
            pipeline.answer(action)
        }
        let durable = pipeline.durable
        #expect(durable == (failing < 3 ? 10 : 11))
        pipeline.failed()
        #expect(pipeline.next() == .poison)
        #expect(pipeline.next() == .end)
        #expect(pipeline.next() == .end)
        #expect(pipeline.durable == durable)
    }

    @Test func `a log that somebody else has poisoned ends the pipeline`() {
        var pipeline = Pipeline(position: Self.start)
        pipeline.abandon()
        #expect(pipeline.next() == .end)
    }
}

extension CommitPipeline {
    /// Says that a call has worked.
    fileprivate mutating func answer(_ action: Action) {
        if case .write = action { wrote(chain: 8) } else { done() }
    }
}

extension CommitPipeline.Action {
    /// Whether it can fail.
    fileprivate var isCall: Bool {
        switch self {
        case .write, .synchronizeSealed, .cutSealed, .synchronize: true
        default: false
        }
    }
}
