import CairnHTTP
import CairnObjects

/// What a subject says little by little: bodies and WebSockets, its own and those of its peers.
extension Subject {
    func fetch(_ request: Request) async throws -> Response {
        try begin()
        switch request.path {
        case "/stream": return stream(request)
        case "/socket": return try openSocket()
        case "/upload": return try await takeUpload(request)
        default: throw SubjectError.noLab
        }
    }

    // MARK: Bodies

    private func stream(_ request: Request) -> Response {
        let count = request.query["count"].flatMap { Int($0) } ?? 1
        let refusesAt = request.query["refusesAt"].flatMap { Int($0) }
        return Response(
            body: Body(
                chunks: SubjectChunks { index in
                    guard index < count else { return nil }
                    return try await self.chunk(index, refuses: index == refusesAt)
                }))
    }

    private func chunk(_ index: Int, refuses: Bool) async throws -> [UInt8] {
        if index % 3 == 1 { try await lab.pause(index) }
        let mine = try write()
        if refuses { throw SubjectError.refusal(subject: number, numbers: [mine]) }
        return Array("\(mine)".utf8)
    }

    /// Sends a peer a body that grows out of what it writes meanwhile.
    func upload(to peer: Int, count: Int) async throws -> Int {
        try begin()
        let body = Body(
            chunks: SubjectChunks { index in
                guard index < count else { return nil }
                return try await self.chunk(index, refuses: false)
            })
        let number = number
        let request = Request(url: "/upload?from=\(number)", body: body)
        _ = try await lab.stub(peer).fetch(request).body.bytes()
        return try write()
    }

    private func takeUpload(_ request: Request) async throws -> Response {
        guard let sender = request.query["from"].flatMap({ Int($0) }),
            case .chunks(let chunks, _) = request.body.content
        else { throw SubjectError.noLab }
        for try await chunk in chunks {
            guard let number = Int(String(decoding: chunk, as: UTF8.self)) else { continue }
            try hear(Message(sender: sender, number: number), by: "a peer's body")
        }
        return Response()
    }

    // MARK: WebSockets

    private func openSocket() throws -> Response {
        let pair = WebSocketPair()
        state.acceptWebSocket(pair.server)
        pair.server.send("hello \(try write())")
        return Response(webSocket: pair.client)
    }

    /// A message: its place in the order, how to answer, and what a peer says with it.
    func webSocketMessage(_ socket: WebSocket, _ message: WebSocketMessage) async throws {
        try begin()
        guard case .text(let text) = message else { return }
        let words = text.split(separator: " ").compactMap { Int($0) }
        let (place, flags) = (words[0], words[1])
        if let last = heard[ObjectIdentifier(socket)], last >= place {
            outside.fail("message \(place) came after \(last) on a socket of subject \(number)")
        }
        heard[ObjectIdentifier(socket)] = place
        if words.count == 4 {
            try hear(Message(sender: words[2], number: words[3]), by: "a peer's frame")
        }
        let first = try write()
        if flags & 3 == 1 {
            try await lab.pause(flags >> 2)
            socket.send("more \(try write())")
        }
        if flags & 12 == 4 { state.broadcast("all \(first)") }
        if flags & 48 == 16 { throw SubjectError.refusal(subject: number, numbers: [first]) }
        socket.send("reply \(first) \(place)")
    }

    func webSocketClose(
        _ socket: WebSocket, code: Int, reason: String, wasClean: Bool
    ) async throws {
        heard[ObjectIdentifier(socket)] = nil
        socket.close(code: wasClean ? code : 1000, reason: "\(try write())")
    }

    /// Talks to a peer's socket, and says each time how far it is.
    func dial(_ peer: Int, count: Int) async throws -> Int {
        try begin()
        guard let socket = try await lab.stub(peer).fetch(Request(url: "/socket")).webSocket else {
            throw SubjectError.noLab
        }
        for place in 0..<count {
            socket.send("\(place) 0 \(number) \(try write())")
            try await lab.pause(place)
        }
        socket.close()
        for await event in socket.events {
            guard case .message(.text(let text)) = event else { continue }
            let words = text.split(separator: " ")
            if words.count > 1, let number = Int(words[1]) {
                outside.learn(.subject(peer), number, by: "a peer's frame back")
            }
        }
        return try write()
    }
}

/// Chunks that are made one by one, each when it is asked for.
struct SubjectChunks: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let make: @Sendable (Int) async throws -> [UInt8]?

    func makeAsyncIterator() -> Iterator { Iterator(make: make) }

    struct Iterator: AsyncIteratorProtocol {
        let make: @Sendable (Int) async throws -> [UInt8]?
        var index = 0

        mutating func next() async throws -> [UInt8]? { try await next(isolation: #isolation) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            defer { index += 1 }
            return try await make(index)
        }
    }
}
