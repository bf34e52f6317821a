import CairnPlatform
import CairnTestSupport
import Foundation
import Testing

/// The example and the seed as people run them: processes, signals, sockets.
@Suite("End to end", .serialized) struct EndToEndTests {
    /// A worker's process, and the port it says it listens on.
    private struct Running: Sendable {
        let process: ChildProcess
        let port: Int

        init(_ product: String, config: String, data: String) async throws {
            let process = try ChildProcess(
                product, ["--config", config, "--port", "0", "--persist-to", data])
            let line = try await onThread { process.waitForText { $0.contains("\n") } }
            guard let port = line.split(separator: ":").last.flatMap({ Int($0.dropLast()) }) else {
                throw RawClient.Failure("not ready: \(line)\(process.errorText)")
            }
            (self.process, self.port) = (process, port)
        }

        func request(_ method: String = "GET", _ target: String) async throws -> RawClient.Response
        {
            let port = port
            return try await onThread { try RawClient(port: port).request(method, target) }
        }

        func end(_ signal: Int32) async throws -> ChildProcess.Ending {
            let process = process
            process.send(signal: signal)
            return try await onThread { process.wait() }
        }
    }

    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let example =
        package.path + "/Sources/Examples/RoomBroadcast/wrangler.toml"

    private func rooms(_ directory: TemporaryDirectory) async throws -> Running {
        try await Running("RoomBroadcast", config: Self.example, data: directory.path + "/data")
    }

    @Test func `the README's walk through the example`() async throws {
        let directory = try TemporaryDirectory("end-to-end")
        let server = try await rooms(directory)
        let room = try await server.request("GET", "/room?roomId=lobby")
        #expect(room.status == 200)
        #expect(room.headers["content-type"] == "application/json")
        #expect(room.text == "\"written inside the object\"")
        let nameless = try await server.request("GET", "/room")
        #expect(nameless.status == 400)
        #expect(nameless.text == "Name a room, as in /room?roomId=lobby\n")
        let page = try await server.request("GET", "/")
        #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        #expect(page.text.hasPrefix("<!doctype html>"))
        #expect(try await server.request("POST", "/room/increment?roomId=lobby").text == "1")
        #expect(try await server.request("POST", "/room/increment?roomId=other").text == "1")
        #expect(try await server.end(15) == .exit(0))
        #expect(server.process.errorText == "")
        #expect(server.process.text.split(separator: "\n").count == 1)

        let again = try await rooms(directory)
        #expect(try await again.request("POST", "/room/increment?roomId=lobby").text == "2")
        #expect(try await again.end(2) == .exit(0))
    }

    @Test func `a hundred concurrent increments end at a hundred`() async throws {
        let directory = try TemporaryDirectory("end-to-end")
        let server = try await rooms(directory)
        let counts = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await onThread {
                        let client = try RawClient(port: server.port)
                        return try (0..<10).map { _ in
                            Int(try client.request("POST", "/room/increment?roomId=r").text) ?? -1
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(counts.sorted() == Array(1...100))
        #expect(try await server.end(15) == .exit(0))
    }

    @Test func `a change is told to every socket of the room, and to no other`() async throws {
        let directory = try TemporaryDirectory("end-to-end")
        let server = try await rooms(directory)
        let port = server.port
        try await onThread {
            func join(_ room: String) throws -> RawClient {
                let client = try RawClient(port: port)
                #expect(try client.upgrade("/room/socket?roomId=\(room)").status == 101)
                #expect(try client.readFrame()?.text == "0")
                return client
            }
            let members = try (0..<20).map { _ in try join("a") }
            let stranger = try join("b")
            let increment = try RawClient(port: port).request("POST", "/room/increment?roomId=a")
            #expect(increment.text == "1")
            for member in members { #expect(try member.readFrame()?.text == "1") }
            try members[3].sendText("+1")
            for member in members { #expect(try member.readFrame()?.text == "2") }
            // The other room has heard nothing: its next message is its own.
            try stranger.sendText("+1")
            #expect(try stranger.readFrame()?.text == "1")
        }
        #expect(try await server.end(15) == .exit(0))
    }

    @Test func `kill -9 loses nothing that was acknowledged`() async throws {
        let directory = try TemporaryDirectory("end-to-end")
        var acknowledged = 0
        for _ in 0..<5 {
            let server = try await rooms(directory)
            let port = server.port
            let newest = Locked(acknowledged)
            let clients = (0..<4).map { _ in
                Task {
                    try? await onThread {
                        let client = try RawClient(port: port)
                        while true {
                            let text = try client.request("POST", "/room/increment?roomId=r").text
                            guard let count = Int(text) else { return }
                            newest.withLock { $0 = max($0, count) }
                        }
                    }
                }
            }
            while newest.withLock({ $0 }) < acknowledged + 20 { await Task.yield() }
            #expect(try await server.end(9) == .signal(9))
            for client in clients { await client.value }
            acknowledged = newest.withLock { $0 }
        }
        let server = try await rooms(directory)
        let next = try await server.request("POST", "/room/increment?roomId=r").text
        let count = try #require(Int(next))
        #expect(count > acknowledged)
        // Each kill leaves at most one increment of each client unanswered.
        #expect(count <= acknowledged + 5 * 4 + 1)
        #expect(try await server.end(15) == .exit(0))
    }

    @Test func `the seed runs as it stands`() async throws {
        let directory = try TemporaryDirectory("end-to-end")
        let server = try await Running(
            "Seed", config: Self.package.path + "/Tests/Seed/wrangler.toml",
            data: directory.path + "/data")
        let response = try await server.request("GET", "/?roomId=lobby")
        #expect(response.text == "null")
        #expect(try await server.request("GET", "/").status == 400)
        #expect(try await server.end(15) == .exit(0))
    }

    // MARK: Bad starts

    /// What the process says when it cannot start; it must end with 1.
    private func complaint(_ arguments: [String], exit: Int32 = 1) async throws -> String {
        let process = try ChildProcess("RoomBroadcast", arguments)
        let ending = try await onThread { process.wait() }
        #expect(ending == .exit(exit))
        #expect(process.text == "")
        return process.errorText
    }

    @Test func `a port in use, and a directory in use`() async throws {
        let directory = try TemporaryDirectory("end-to-end")
        let server = try await rooms(directory)
        let port = try await complaint([
            "--config", Self.example, "--port", "\(server.port)", "--persist-to",
            directory.path + "/other",
        ])
        #expect(port.contains("port \(server.port) on 127.0.0.1 is in use"), "\(port)")
        #expect(port.contains("--port"))
        let locked = try await complaint([
            "--config", Self.example, "--port", "0", "--persist-to", directory.path + "/data",
        ])
        #expect(locked.contains("\(server.process.processID)"), "\(locked)")
        #expect(try await server.request("GET", "/room?roomId=still").status == 200)
        #expect(try await server.end(15) == .exit(0))
    }

    @Test func `data that cannot be used, and what to do about it`() async throws {
        let directory = try TemporaryDirectory("end-to-end")
        let data = directory.path + "/data"
        let arguments = ["--config", Self.example, "--port", "0", "--persist-to", data]
        try Data("a file".utf8).write(to: URL(fileURLWithPath: data))
        let file = try await complaint(arguments)
        #expect(file.contains("directory"), "\(file)")
        try FileManager.default.removeItem(atPath: data)

        let server = try await rooms(directory)
        _ = try await server.request("POST", "/room/increment?roomId=r")
        #expect(try await server.end(15) == .exit(0))
        let segment = data + "/0000000000000001.segment"
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: segment)))
        let intact = bytes
        bytes[bytes.count / 3] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: segment))
        let flipped = try await complaint(arguments)
        #expect(flipped.contains("0000000000000001.segment"), "\(flipped)")
        try Data(intact).write(to: URL(fileURLWithPath: segment))
        let again = try await rooms(directory)
        #expect(try await again.request("POST", "/room/increment?roomId=r").text == "2")
        #expect(try await again.end(15) == .exit(0))
    }

    @Test func `a configuration that is missing or names another class, and a wrong option`()
        async throws
    {
        let directory = try TemporaryDirectory("end-to-end")
        let file = directory.path + "/wrangler.toml"
        let missing = try await complaint(["--config", file])
        #expect(missing.contains("there is no such file"), "\(missing)")
        let text = try String(contentsOfFile: Self.example, encoding: .utf8)
            .replacingOccurrences(of: "\"Room\"", with: "\"Hall\"")
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let other = try await complaint([
            "--config", file, "--port", "0", "--persist-to", directory.path + "/data",
        ])
        #expect(other.contains("\"Hall\""), "\(other)")
        #expect(other.contains("class_name = \"Room\""), "\(other)")
        let option = try await complaint(["--port", "99999"], exit: 64)
        #expect(option.contains("--port must be a number from 0 to 65535"), "\(option)")
    }
}
