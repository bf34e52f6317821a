import CairnHTTP
import CairnObjects
import CairnSimulation

/// What a client learns little by little.
extension Client {
    /// Reads a body of which each chunk is a number that the subject has just written.
    mutating func stream(
        _ stub: DurableObjectStub<Subject>, _ subject: Int, _ floor: Int, drops: Bool
    ) async throws {
        let count = 1 + random.below(5)
        let refusesAt = random.oneIn(3) ? random.below(count) : count
        let takes = drops ? random.below(count) : .max
        let response = try await stub.fetch(
            Request(url: "/stream?count=\(count)&refusesAt=\(refusesAt)"))
        guard case .chunks(let chunks, _) = response.body.content else {
            throw SubjectError.noLab
        }
        var taken = 0
        for try await chunk in chunks {
            let number = Int(String(decoding: chunk, as: UTF8.self)) ?? 0
            lab.outside.claim(.subject(subject), number, above: floor, by: "a chunk")
            taken += 1
            if taken > takes { break }
        }
    }

    /// Lets one subject talk to another, by a body or by a WebSocket.
    mutating func talk(
        _ operation: Operation, _ stub: DurableObjectStub<Subject>, _ subject: Int, _ floor: Int
    ) async throws {
        let (peer, count) = (random.below(subjectCount), 1 + random.below(3))
        let number = try await stub.call { subject in
            operation == .dial
                ? try await subject.dial(peer, count: count)
                : try await subject.upload(to: peer, count: count)
        }
        lab.outside.claim(.subject(subject), number, above: floor, by: "\(operation)")
    }

    /// Opens a WebSocket, sends messages, and reads until it ends.
    mutating func socket(
        _ stub: DurableObjectStub<Subject>, _ subject: Int, _ floor: Int
    ) async throws {
        guard let socket = try await stub.fetch(Request(url: "/socket")).webSocket else {
            throw SubjectError.noLab
        }
        let count = 1 + random.below(5)
        var sent = 0
        var last = -1
        func send(_ flags: Int, _ more: Int) {
            let end = min(count, sent + 1 + more)
            while sent < end {
                // The last of those under way is answered in any case: somebody waits for that.
                socket.send("\(sent) \(sent == end - 1 ? flags & 15 : flags)")
                sent += 1
            }
        }
        send(random.below(256), random.below(3))
        for await event in socket.events {
            guard case .message(.text(let text)) = event else { break }
            let words = text.split(separator: " ")
            let numbers = words.compactMap { Int($0) }
            switch words[0] {
            case "all": lab.outside.learn(.subject(subject), numbers[0], by: "a broadcast")
            case "reply":
                if numbers[1] <= last {
                    lab.outside.fail("reply \(numbers[1]) came after \(last)")
                }
                last = numbers[1]
                fallthrough
            default:
                lab.outside.claim(.subject(subject), numbers[0], above: floor, by: "a frame")
            }
            send(random.below(256), random.below(3))
            if last == count - 1 { socket.close() }
        }
        if last < count - 1 { throw SubjectError.noLab }
    }
}
