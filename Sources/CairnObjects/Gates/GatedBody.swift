import CairnHTTP
import CairnPlatform
import CairnStore

/// A body that an object streams: each chunk, and the error that may end it, waits for what the object had
/// written when it was made, and the object stays in memory until the body ends or is given up.
struct GatedChunks<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Base.Element == [UInt8], Base.Failure == any Error {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let base: Base
    let gate: OutboundGate
    let lease: StreamLease?

    func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), gate: gate, lease: lease)
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let gate: OutboundGate
        let lease: StreamLease?

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            let next: Result<[UInt8]?, any Error>
            do { next = .success(try await base.next(isolation: actor)) } catch {
                next = .failure(error)
            }
            if !PlantedBug.chunkLeavesEarly.isPlanted { try await gate.pass() }
            return try next.get()
        }
    }
}

/// Keeps an object in memory for as long as somebody holds it.
final class StreamLease: Sendable {
    private let release: @Sendable () -> Void

    init(release: @escaping @Sendable () -> Void) { self.release = release }

    deinit { release() }
}

extension Body {
    /// The same body behind an object's output gate.
    func gated(by gate: OutboundGate, _ lease: () -> StreamLease?) -> Body {
        guard case .chunks(let chunks, let byteCount) = content else { return self }
        return Body(chunks: Self.gated(chunks, gate, lease()), byteCount: byteCount)
    }

    private static func gated(
        _ chunks: some AsyncSequence<[UInt8], any Error> & Sendable, _ gate: OutboundGate,
        _ lease: StreamLease?
    ) -> Chunks {
        GatedChunks(base: chunks, gate: gate, lease: lease)
    }
}
