import CairnHTTP
import CairnPlatform
import DequeModule

/// A request's body while it is being received: chunks from the event loop to one reader.
///
/// Invariants
/// - Chunks leave in the order they came. After an end or a failure nothing more is taken.
/// - `onRoom` runs when less than the buffer's size waits after more than that has waited.
final class RequestBody: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    private struct State {
        var chunks: Deque<[UInt8]> = []
        var byteCount = 0
        var isFull = false
        var end: Result<Void, any Error>?
        var reader: CheckedContinuation<[UInt8]?, any Error>?
        var hasIterator = false
    }

    private let state = Locked(State())
    private let bufferByteCount: Int
    private let onRoom: @Sendable () -> Void

    init(bufferByteCount: Int, onRoom: @escaping @Sendable () -> Void) {
        self.bufferByteCount = bufferByteCount
        self.onRoom = onRoom
    }

    /// Whether the client should be made to wait.
    var isFull: Bool { state.withLock { $0.isFull } }

    func push(_ chunk: [UInt8]) {
        let reader = state.withLock { state -> CheckedContinuation<[UInt8]?, any Error>? in
            guard state.end == nil else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.chunks.append(chunk)
            state.byteCount += chunk.count
            state.isFull = state.byteCount >= bufferByteCount
            return nil
        }
        reader?.resume(returning: chunk)
    }

    func finish() { end(.success(())) }

    /// Ends the body in the middle; what has not been read is lost.
    func fail(_ error: BodyError) { end(.failure(error)) }

    private func end(_ result: Result<Void, any Error>) {
        let reader = state.withLock { state -> CheckedContinuation<[UInt8]?, any Error>? in
            guard state.end == nil else { return nil }
            state.end = result
            if case .failure = result { state.chunks = [] }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: result.map { nil })
    }

    func makeAsyncIterator() -> Iterator {
        let isFirst = state.withLock { state in
            defer { state.hasIterator = true }
            return !state.hasIterator
        }
        return Iterator(body: isFirst ? self : nil)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let body: RequestBody?

        mutating func next() async throws -> [UInt8]? {
            guard let body else { throw BodyError.alreadyRead }
            return try await body.next()
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            guard let body else { throw BodyError.alreadyRead }
            return try await body.next()
        }
    }

    private func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            let (answer, hasRoom) = state.withLock {
                state -> (Result<[UInt8]?, any Error>?, Bool) in
                if let chunk = state.chunks.popFirst() {
                    state.byteCount -= chunk.count
                    let hasRoom = state.isFull && state.byteCount < bufferByteCount
                    if hasRoom { state.isFull = false }
                    return (.success(chunk), hasRoom)
                }
                if let end = state.end { return (end.map { nil }, false) }
                state.reader = continuation
                return (nil, false)
            }
            if hasRoom { onRoom() }
            if let answer { continuation.resume(with: answer) }
        }
    }
}
