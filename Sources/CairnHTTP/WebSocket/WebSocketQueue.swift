import CairnPlatform
import DequeModule

/// One direction of a pair: events on their way, in order, each perhaps held back for a while.
///
/// Invariants
/// - Events leave in the order they were put in; a held one holds all behind it.
/// - After a close nothing more is taken. A hold that fails turns the rest into one close, 1011.
/// - At most `byteCountMax` bytes wait; a sender who goes over loses the socket (1008), so that a
///   slow reader never costs more memory than that.
/// - One reader at a time.
final class WebSocketQueue: Sendable {
    typealias Hold = @Sendable () async throws -> Void

    private struct Item {
        let event: WebSocketEvent
        let hold: Hold?
        let byteCount: Int
    }

    private struct State {
        var items: Deque<Item> = []
        var byteCount = 0
        var isClosed = false
        var reader: CheckedContinuation<Item?, Never>?
        var roomWaiter: CheckedContinuation<Void, Never>?
        /// Asked, on the sender's side, what a message must wait for.
        var hold: (@Sendable () throws -> Hold?)?
    }

    private let state = Locked(State())
    private let byteCountMax: Int

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func setHold(_ hold: (@Sendable () throws -> Hold?)?) {
        state.withLock { $0.hold = hold }
    }

    /// - Returns: whether there was none.
    func setHoldIfNone(_ hold: @escaping @Sendable () throws -> Hold?) -> Bool {
        state.withLock { state in
            guard state.hold == nil else { return false }
            state.hold = hold
            return true
        }
    }

    /// What a message that is sent now must wait for.
    func hold() throws -> Hold? { try state.withLock { $0.hold }?() }

    /// Puts an event at the end; ignored after a close.
    func put(_ event: WebSocketEvent, hold: Hold?) {
        let reader = state.withLock { state -> (CheckedContinuation<Item?, Never>, Item)? in
            guard !state.isClosed else { return nil }
            var item = Item(event: event, hold: hold, byteCount: Self.byteCount(of: event))
            if state.byteCount + item.byteCount > byteCountMax {
                state.items = []
                state.byteCount = 0
                item = Self.close(1008, "too much is waiting to be read")
            }
            if case .close = item.event { state.isClosed = true }
            if let reader = state.reader {
                state.reader = nil
                return (reader, item)
            }
            state.items.append(item)
            state.byteCount += item.byteCount
            return nil
        }
        if let (reader, item) = reader { reader.resume(returning: item) }
    }

    /// Throws away what waits and ends the queue.
    func abort(_ close: WebSocketClose) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.items = []
            state.byteCount = 0
        }
        put(.close(close), hold: nil)
    }

    /// The next event, once its hold has passed; `nil` after the close, or when cancelled.
    func next() async -> WebSocketEvent? {
        guard let item = await take() else { return nil }
        guard let hold = item.hold else { return item.event }
        do {
            try await hold()
            return item.event
        } catch {
            state.withLock { state in
                state.items = []
                state.byteCount = 0
                state.isClosed = true
            }
            let reason = "what this message depends on could not be saved"
            return .close(WebSocketClose(code: 1011, reason: reason, wasClean: false))
        }
    }

    /// Returns once less than half the limit waits: for senders who can wait.
    func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let hasRoom = state.withLock { state in
                if state.byteCount <= byteCountMax / 2 || state.isClosed { return true }
                state.roomWaiter = continuation
                return false
            }
            if hasRoom { continuation.resume() }
        }
    }

    private func take() async -> Item? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (item, isReady, waiter) = state.withLock {
                    state -> (Item?, Bool, CheckedContinuation<Void, Never>?) in
                    if state.items.isEmpty {
                        if state.isClosed || Task.isCancelled { return (nil, true, nil) }
                        state.reader = continuation
                        return (nil, false, nil)
                    }
                    let item = state.items.removeFirst()
                    state.byteCount -= item.byteCount
                    guard state.byteCount <= byteCountMax / 2 else { return (item, true, nil) }
                    defer { state.roomWaiter = nil }
                    return (item, true, state.roomWaiter)
                }
                waiter?.resume()
                if isReady { continuation.resume(returning: item) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(returning: nil)
        }
    }

    private static func close(_ code: Int, _ reason: String) -> Item {
        Item(
            event: .close(WebSocketClose(code: code, reason: reason, wasClean: false)), hold: nil,
            byteCount: 0)
    }

    /// A message costs its payload and a little, so that empty ones are bounded too.
    private static func byteCount(of event: WebSocketEvent) -> Int {
        guard case .message(let message) = event else { return 0 }
        return message.byteCount + 64
    }
}
