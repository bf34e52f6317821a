import CairnPlatform

/// What a worker's `fetch` can ask of the server beyond answering.
public struct ExecutionContext: Sendable {
    let background: BackgroundWork

    /// Goes on with `work` after the response has been sent. The server waits for it when it stops.
    /// What it throws goes to the log.
    public func waitUntil(_ work: @escaping @Sendable () async throws -> Void) {
        background.start(work)
    }
}

/// Work that outlives its request.
final class BackgroundWork: Sendable {
    private let count = Locked(0)
    private let report: @Sendable (any Error) -> Void

    init(report: @escaping @Sendable (any Error) -> Void) { self.report = report }

    /// Pieces of work still going on.
    var pending: Int { count.withLock { $0 } }

    func start(_ work: @escaping @Sendable () async throws -> Void) {
        count.withLock { $0 += 1 }
        Task { [self] in
            do { try await work() } catch { report(error) }
            count.withLock { $0 -= 1 }
        }
    }
}
