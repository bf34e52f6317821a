import CPeers
import Foundation

/// Another engine, through the C interface of `CPeers`.
///
/// The engines behind it take calls from any thread, as `peers.h` demands of them; a session stays
/// with the thread that asked for it. Pointers go in for the length of a call.
@safe final class PeerEngine: Engine {
    private nonisolated(unsafe) let engine: OpaquePointer
    private let name: String

    init(_ name: String, _ options: EngineOptions) throws {
        let opened = unsafe options.path.withCString { path in
            var raw = unsafe peer_options(
                path: path, durable: options.isDurable,
                cache_byte_count: UInt64(options.cacheByteCount),
                key_count: UInt64(options.keyCount), session_count: Int32(options.sessionCount))
            return unsafe peer_open(name, &raw)
        }
        guard let opened = unsafe opened else { throw Self.error(name, "open") }
        unsafe engine = opened
        self.name = name
    }

    func session() throws -> any EngineSession {
        guard let session = unsafe peer_session_begin(engine) else {
            throw Self.error(name, "begin a session")
        }
        return unsafe Session(session, name)
    }

    func close() throws {
        guard unsafe peer_close(engine) == 0 else { throw Self.error(name, "close") }
    }

    fileprivate static func error(_ name: String, _ verb: String) -> EngineError {
        let reason = unsafe peer_error().map { unsafe String(cString: $0) } ?? "?"
        return EngineError("\(name) failed to \(verb): \(reason)")
    }

    @safe private final class Session: EngineSession {
        private let session: OpaquePointer
        private let name: String
        /// What the last `get` fetched: ours to free.
        private var value: UnsafeMutableRawPointer?
        private var valueByteCount = 0

        init(_ session: OpaquePointer, _ name: String) {
            unsafe self.session = session
            self.name = name
        }

        deinit {
            unsafe free(value)
            unsafe peer_session_end(session)
        }

        func put(_ key: [UInt8], _ value: [UInt8]) throws {
            guard unsafe peer_put(session, key, key.count, value, value.count) == 0 else {
                throw PeerEngine.error(name, "put")
            }
        }

        func delete(_ key: [UInt8]) throws {
            guard unsafe peer_delete(session, key, key.count) == 0 else {
                throw PeerEngine.error(name, "delete")
            }
        }

        func commit(_ entries: EntryList) throws {
            guard let key = entries.keys.first, let value = entries.values.first else { return }
            let code = unsafe peer_commit(
                session, entries.keys.count, entries.joinedKeys, key.count, entries.joinedValues,
                value.count)
            guard code == 0 else { throw PeerEngine.error(name, "commit") }
        }

        func get(_ key: [UInt8]) throws -> Bool {
            unsafe free(value)
            unsafe value = nil
            let code = unsafe peer_get(session, key, key.count, &value, &valueByteCount)
            guard code >= 0 else { throw PeerEngine.error(name, "get") }
            return code == 1
        }

        func withValue<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
            let bytes = unsafe UnsafeRawBufferPointer(start: value, count: valueByteCount)
            return try unsafe body(bytes.assumingMemoryBound(to: UInt8.self).span)
        }

        func scan(
            from start: [UInt8], prefixByteCount: Int, limit: Int, into buffer: ScanBuffer
        ) throws {
            let code = unsafe buffer.withRecords { records in
                unsafe peer_scan(
                    session, start, start.count, prefixByteCount, limit, records)
            }
            guard code == 0 else { throw PeerEngine.error(name, "scan") }
        }
    }
}
